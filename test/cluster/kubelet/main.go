// A stand-in for the kubelet, for port-forward alone: the kubelet needs root and a container runtime. The API server
// reaches it as it reaches a kubelet, and what speaks the protocol is the kubelet's own code, which containers' runtimes
// have too. A pod is this machine: its 127.0.0.1 is ours, whatever the pod's name.
package main

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
)

type loopback struct{}

// PortForward copies between the stream and a port until either is at its end.
func (loopback) PortForward(ctx context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return err
	}
	defer conn.Close()
	ended := make(chan error, 2)
	go func() {
		_, err := io.Copy(conn, stream)
		ended <- err
	}()
	go func() {
		_, err := io.Copy(stream, conn)
		ended <- err
	}()
	return <-ended
}

func serve(w http.ResponseWriter, req *http.Request) {
	log.Printf("%s of pod %s/%s", req.URL.Query().Get(portforward.PortHeader), req.PathValue("namespace"), req.PathValue("pod"))
	options, err := portforward.NewV4Options(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pod := req.PathValue("pod")
	portforward.ServePortForward(w, req, loopback{}, pod, "", options, time.Hour, time.Minute, portforward.SupportedProtocols)
}

// It listens on the address that is its one argument, by TLS with a certificate of its own.
func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/portForward/{namespace}/{pod}", serve)
	server := httptest.NewUnstartedServer(mux)
	server.Listener.Close()
	server.Listener = listener
	server.StartTLS()
	log.Printf("listening on %s", listener.Addr())
	select {}
}
