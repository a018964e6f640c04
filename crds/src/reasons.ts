/*
 * Every reason that Bindy gives: in a condition, as the state of a zone's server (status.servers[].state), in an Event,
 * or with an error. What no entry stands for here cannot be said. `docs/conditions.md` is made from it.
 */

/** What a reason may be given on: kinds of objects, or none, but in a log or on the screen. */
export type Place = 'record' | 'zone' | 'server' | 'cluster' | 'log'

interface Entry {
  /** Whose reason it is first, then who repeats it. */
  readonly on: readonly [Place, ...Place[]]
  /** What it means. */
  readonly says: string
  /** What the user does about it. */
  readonly do: string
  /** It does not pass until somebody does that: to wait for it is in vain. */
  readonly stays?: true
}

export const reasons = {
  // As it should be, or on the way there.

  Served: {
    on: ['record', 'zone'],
    says: 'Every primary was seen serving the record; of a zone, every server serves all of it.',
    do: 'Nothing: this is as it should be.',
  },
  Pending: {
    on: ['zone', 'record'],
    says: 'A server has not been looked at yet.',
    do: 'Nothing: it passes within seconds. If it stays, see what the Bind9Instance says.',
  },
  Reachable: {
    on: ['server'],
    says: 'named answers over RNDC and over signed DNS.',
    do: 'Nothing: this is as it should be.',
  },
  AllReady: {
    on: ['cluster'],
    says: 'All instances of the cluster are ready.',
    do: 'Nothing: this is as it should be.',
  },

  // A record against its zone and against other records.

  ZoneNotFound: {
    on: ['record'],
    says: 'No DNSZone that takes the record has the zoneName that it gives in spec.zone.',
    do: 'Create the DNSZone, or correct spec.zone.',
    stays: true,
  },
  ZoneNotReady: {
    on: ['record'],
    says: 'Nothing of the zone can be served as things stand; the message repeats the reason of its DNSZone.',
    do: 'Mend what the DNSZone says; its records follow by themselves.',
  },
  OutOfZone: {
    on: ['record', 'zone'],
    says: 'The name of the record does not lie in the zone.',
    do: 'Write spec.name relative to the zone, without a final dot, or correct spec.zone.',
    stays: true,
  },
  CNAMEAtApex: {
    on: ['record'],
    says: 'A CNAME cannot stand at the apex of a zone, beside its SOA and NS.',
    do: 'Use A and AAAA records there.',
    stays: true,
  },
  CNAMEConflict: {
    on: ['record'],
    says: 'A CNAME and other data, or two CNAMEs, are at one name; the older object is served.',
    do: 'Delete one of the two, or give it another name.',
    stays: true,
  },
  TTLConflict: {
    on: ['record'],
    says: 'Served, with the TTL of an older record of the same name and type: an RRset has one TTL.',
    do: 'Give all records of that name and type the same ttl.',
  },
  RuleBroken: {
    on: ['record', 'zone'],
    says: 'Served as it stands, and against a rule of docs/rules.md: it was stored while no webhook looked at it.',
    do: 'Correct the fields that the message names.',
  },
  TooManyRecords: {
    on: ['record'],
    says: 'BIND serves at most 100 records of one type at one name, and older objects fill the place.',
    do: 'Delete records of that name and type, or spread them over several names.',
    stays: true,
  },
  Occluded: {
    on: ['record'],
    says: 'The name lies below a delegation or in a child zone, whose servers answer for it.',
    do: 'Put the record into the child zone, or delete the NS records that delegate it.',
    stays: true,
  },
  DelegationConflict: {
    on: ['record'],
    says: 'The NS record would delegate a name below which records were served before, and hide them.',
    do: 'Move those records into the child zone first, or give the NS another name.',
    stays: true,
  },
  TargetConflict: {
    on: ['record'],
    says: 'An older MX or NS names a host that the record would leave without an address: a CNAME, or a name that hides a wildcard.',
    do: 'Create an ARecord or AAAARecord for that host; a CNAME needs another name.',
    stays: true,
  },
  TargetIsAlias: {
    on: ['record'],
    says: 'An MX or NS points at a name that is a CNAME, which DNS forbids.',
    do: 'Point it at the name that the CNAME leads to.',
    stays: true,
  },
  TargetMissing: {
    on: ['record'],
    says: 'An MX or NS points at a name of the zone that has no address.',
    do: 'Create an ARecord or AAAARecord of that name, or point it elsewhere.',
    stays: true,
  },
  Unmanaged: {
    on: ['record'],
    says: 'The zone leaves this name and type to others, by spec.unmanaged.',
    do: 'Delete the record, or take the name out of spec.unmanaged of the DNSZone.',
    stays: true,
  },

  // What a record or a zone says that DNS, or named, does not take.

  InvalidName: {
    on: ['record', 'zone'],
    says: 'A name that the object gives is not a domain name that can be served.',
    do: 'Correct the name; the message says what is wrong with it.',
    stays: true,
  },
  InvalidRdata: {
    on: ['record', 'zone'],
    says: 'A value of the record is not one that its type can have.',
    do: 'Correct the field that the message names.',
    stays: true,
  },
  RecordTooLong: {
    on: ['record'],
    says: 'The record has more octets than a DNS record, or a DNS message, can hold.',
    do: 'Shorten it, or spread it over several names.',
    stays: true,
  },
  MessageTooBig: {
    on: ['record', 'zone'],
    says: 'A change does not fit into one DNS message, and cannot be parted.',
    do: 'Shorten the longest records of that name.',
    stays: true,
  },
  UpdateRefused: {
    on: ['record', 'zone'],
    says: 'named refused the update: a record breaks one of its rules, or the zone takes no updates from this key.',
    do: "Read named's log for the rule (often check-names: an address at a name with an underscore); correct the record.",
    stays: true,
  },
  ServerFailed: {
    on: ['record', 'zone'],
    says: 'named answered SERVFAIL to the update.',
    do: 'Read its log: mostly it cannot write its journal, for want of room or of the right to its directory.',
  },
  NotServed: {
    on: ['record', 'zone'],
    says: 'named took the update without an error and does not serve it.',
    do: 'See what else the server has at that name, and its max-zone-ttl; Bindy tries again.',
  },

  // A zone among the objects.

  NoPrimary: {
    on: ['zone'],
    says: 'No Bind9Instance with role primary is selected to serve the zone.',
    do: 'Correct clusterRef or instanceSelector, or create a Bind9Instance with role primary.',
    stays: true,
  },
  DuplicateZone: {
    on: ['zone'],
    says: 'An older DNSZone has the same zoneName and owns it; this one touches no server.',
    do: 'Delete one of the two.',
    stays: true,
  },
  NamespaceNotAllowed: {
    on: ['zone'],
    says: 'The zone is a child of a zone in another namespace, which does not list this one in its allowedNamespaces.',
    do: 'Have the owner of the parent zone add this namespace to spec.allowedNamespaces.',
    stays: true,
  },
  NoAddressGiven: {
    on: ['zone'],
    says: 'A name server of the zone has no address anywhere, and got the addresses of the servers themselves.',
    do: 'Nothing if they are right; else give an address in spec.nameServers or as a record.',
  },
  ZoneDeleting: {
    on: ['zone'],
    says: 'The zone is being deleted, and a server still has it.',
    do: 'Nothing: it goes when the server answers, or after spec.deletionGraceSeconds.',
  },
  DryRun: {
    on: ['log'],
    says: 'The controller was started with --dry-run: it looks and says what it would do.',
    do: 'Start it without --dry-run to have it done.',
  },
  Paused: {
    on: ['zone', 'record'],
    says: 'The annotation bindy.firestoned.io/paused stops every write to the servers of the zone.',
    do: 'Remove the annotation from the DNSZone, and what changed meanwhile is brought to the servers.',
    stays: true,
  },
  MassWithdrawal: {
    on: ['zone', 'record'],
    says: 'More than 30 % of the zone would leave at once, and waits for a word from you.',
    do: 'If it is meant, set the annotation bindy.firestoned.io/allow-withdrawal as the message says; else restore the objects.',
    stays: true,
  },
  KindNotRead: {
    on: ['zone'],
    says: 'A kind of records may not be listed, so nothing of its type is withdrawn.',
    do: 'Install the CRD of that kind, and let the controller list it: manifests/controller has the rights.',
    stays: true,
  },

  // A zone that a server had before Bindy, and one that it keeps.

  ZoneExists: {
    on: ['zone'],
    says: 'The server had a zone of that name before; Bindy leaves it alone.',
    do: 'Set spec.adopt to take it over, delete that zone from the server, or delete this DNSZone.',
    stays: true,
  },
  ZoneAdopted: {
    on: ['zone'],
    says: 'A zone that the server had before was taken over, with its records and serial.',
    do: 'Nothing: what no object explains is left alone unless recordPolicy is exclusive.',
  },
  AdoptionRefused: {
    on: ['zone'],
    says: 'The zone is to be adopted, and the server lets Bindy not transfer it, or not update it.',
    do: "Name Bindy's TSIG key in allow-transfer and in allow-update or update-policy of that zone.",
    stays: true,
  },
  ZoneRetained: {
    on: ['zone'],
    says: 'The DNSZone was deleted, and the servers go on serving the zone, as its deletionPolicy says.',
    do: 'Nothing: delete the zone on the servers, by rndc delzone, if it is not wanted there.',
  },
  ZoneOrphaned: {
    on: ['zone'],
    says: 'The DNSZone is gone; a server did not answer within deletionGraceSeconds and may still have the zone.',
    do: 'When the server is back, delete the zone there with rndc delzone -clean.',
  },
  DriftMended: {
    on: ['zone'],
    says: 'Somebody else changed the zone on a server, and what the objects say was put back.',
    do: 'To let a name be changed by others, list it in spec.unmanaged.',
  },

  // A zone on its way to a server.

  OthersNotRead: {
    on: ['zone', 'record'],
    says: 'A primary lost the zone, and a server that may have the records that others put into it does not answer.',
    do: 'Bring that server back, or delete its Bind9Instance: the zone is then made anew from what is known.',
  },
  SeedNotFetched: {
    on: ['zone', 'record'],
    says: "The primary could not reach the controller's seed port to fetch the new zone.",
    do: 'Let it through over UDP and TCP, or give the address that servers reach with --seed-address.',
  },
  SeedFailed: {
    on: ['zone', 'record'],
    says: 'The primary fetched the new zone and wrote no file of it.',
    do: 'See that named can write to its directory; its log says what failed.',
  },
  ZoneFileInvalid: {
    on: ['zone', 'record'],
    says: 'The primary could not load the file of the zone: absent, wrong, or unlike its journal.',
    do: 'Nothing at first: Bindy makes it anew. If it stays, named says in its log what it dislikes.',
  },
  ZoneStatementRefused: {
    on: ['zone', 'record'],
    says: "named does not take the zone's statement, such as one whose key its named.conf does not have.",
    do: 'Add to named.conf the TSIG key that the Secret of the primaries names; all servers of a zone share it. In a named.conf with views, Bindy has no place for a zone.',
    stays: true,
  },
  PermissionDenied: {
    on: ['zone', 'record'],
    says: 'named does not add or delete zones.',
    do: 'Put allow-new-zones yes; into the options of its named.conf.',
    stays: true,
  },
  ZoneNotLoaded: {
    on: ['zone', 'record'],
    says: 'The server has the zone and could not load it, or not fetch it yet.',
    do: "Read named's log; a secondary needs the primary's TSIG key and a way to its DNS port.",
  },
  ZoneNotServed: {
    on: ['zone', 'record'],
    says: 'The server says that it has no such zone, or may not give it to Bindy.',
    do: 'Nothing at first: Bindy puts the zone there anew. If it stays, see allow-query and allow-transfer.',
  },
  SoaNotServed: {
    on: ['zone', 'record'],
    says: 'named took a change of the SOA and serves the one before.',
    do: 'See that nobody else updates the zone, and that it is not signed by other means.',
  },
  ZoneFrozen: {
    on: ['zone', 'record'],
    says: 'Somebody has frozen the zone on the server, so it takes no updates.',
    do: 'Run kubectl bindy zone thaw with the name of the zone, or rndc thaw on the server.',
    stays: true,
  },
  TransferTooLarge: {
    on: ['zone', 'record'],
    says: 'The zone on the server has more records than Bindy reads.',
    do: 'Part it into several zones.',
    stays: true,
  },
  DeleteFailed: {
    on: ['zone', 'record'],
    says: 'named said that it deleted the zone, and still has it.',
    do: "Nothing at first: Bindy tries again. If it stays, read named's log.",
  },

  // A zone's server that lags or leaves.

  NotTransferred: {
    on: ['zone'],
    says: 'A secondary could not fetch the zone from its primary.',
    do: "Give its named.conf the primary's TSIG key, and see that it reaches the primary's DNS port over TCP.",
  },
  NotInCatalog: {
    on: ['zone', 'cluster'],
    says: 'A secondary of a cluster with secondary.catalog has not taken the zone from the catalog zone, or not the catalog itself.',
    do: 'Put the catalog-zones and zone lines of docs/catalog.md into its named.conf, and see what its log says after "catz:".',
  },
  FromCatalog: {
    on: ['zone', 'record'],
    says: 'The server has the zone from a catalog zone that its named.conf has it follow, and not by addzone.',
    do: 'Nothing while the zone is leaving; else take the catalog-zones lines out of its named.conf.',
  },
  Behind: {
    on: ['zone'],
    says: 'The server has an older serial than the primary.',
    do: 'Nothing: it is told to fetch the zone. If it stays, see NOTIFY and transfers in its log.',
  },
  Ahead: {
    on: ['zone'],
    says: 'The server has a newer serial than the primary, from an earlier life of the zone.',
    do: 'Nothing: it is told to fetch the zone anew.',
  },
  Leaving: {
    on: ['zone'],
    says: 'The server is not to serve the zone any more, and still does.',
    do: 'Nothing: it goes when another primary serves the zone and the server answers.',
  },

  CatalogNotServed: {
    on: ['cluster'],
    says: 'A primary does not serve the catalog zone of its cluster as it should; the message says why.',
    do: 'Mend what the message says; secondaries keep the zones that they have.',
  },

  // How a server is reached. Its zones and records repeat these while they wait for it.

  Unreachable: {
    on: ['server', 'zone', 'record'],
    says: 'No connection to the server could be made.',
    do: 'See that named runs, that address and ports are right, and that nothing between closes them.',
  },
  OutcomeUnknown: {
    on: ['server', 'zone', 'record'],
    says: 'A request was sent and no answer came: it may have been done.',
    do: 'Nothing: Bindy looks and goes on. If it stays, the server is overloaded, or something between drops packets.',
  },
  AddressNotFound: {
    on: ['server', 'zone', 'record'],
    says: 'spec.external.address is a name that cannot be resolved.',
    do: 'Correct it, or its entry in DNS, or give an IP address.',
  },
  SecretNotFound: {
    on: ['server', 'zone', 'record'],
    says: 'A Secret that the Bind9Instance names does not exist.',
    do: 'Create it in the same namespace, with key-name, algorithm and secret, or one rndc.key.',
    stays: true,
  },
  SecretForbidden: {
    on: ['server', 'zone', 'record'],
    says: 'The controller may not read a Secret that the Bind9Instance names.',
    do: 'Let it get secrets in that namespace: manifests/controller has the rights.',
    stays: true,
  },
  SecretInvalid: {
    on: ['server', 'zone', 'record'],
    says: 'A Secret that the Bind9Instance names holds no usable key.',
    do: 'Give it key-name, algorithm and secret in base64, as tsig-keygen prints them, or the whole clause as rndc.key.',
    stays: true,
  },
  WeakKey: {
    on: ['server'],
    says: 'The server is ready, but a key signs by SHA-1 or has a secret of less than 128 bits.',
    do: 'Make another key with tsig-keygen, of hmac-sha256, and put it into named.conf and the Secret.',
  },
  ClockSkew: {
    on: ['server', 'zone', 'record'],
    says: 'The clocks of the server and of the controller are too far apart for signatures to hold.',
    do: 'Set both clocks, by NTP.',
  },
  RndcRefused: {
    on: ['server', 'zone', 'record'],
    says: 'named closed the control connection: wrong key, clocks 5 minutes apart, or an address not in allow.',
    do: 'Compare the Secret with the controls statement of named.conf: key name, algorithm, secret, allow.',
  },
  RndcUnverified: {
    on: ['server', 'zone', 'record'],
    says: 'An answer of the control channel is not signed by the key, or belongs to another command.',
    do: 'See that the address and rndcPort lead to this named and to nothing between.',
  },
  RndcFailed: {
    on: ['zone', 'record', 'server'],
    says: 'named could not do a command; the message has its own words.',
    do: "Read named's log.",
  },
  RndcClosed: {
    on: ['zone', 'record', 'server'],
    says: 'The controller closed the connection itself, since the server was restarted or its object changed.',
    do: 'Nothing: it connects again.',
  },
  TsigBadKey: {
    on: ['server', 'zone', 'record'],
    says: 'The server knows no TSIG key of this name and algorithm.',
    do: 'Add the key of the Secret to named.conf and run rndc reconfig, or correct the Secret.',
    stays: true,
  },
  TsigBadSignature: {
    on: ['server', 'zone', 'record'],
    says: 'The TSIG keys of the Secret and of named.conf have the same name and another secret.',
    do: 'Give both the same secret.',
    stays: true,
  },
  TsigBadTruncation: {
    on: ['server', 'zone', 'record'],
    says: 'The server wants signatures of another length.',
    do: 'Name the algorithm in named.conf without a number of bits.',
    stays: true,
  },
  TsigRefused: {
    on: ['server', 'zone', 'record'],
    says: 'The server refuses our signature with a TSIG error of another kind.',
    do: "Read named's log for the number that the message gives.",
    stays: true,
  },
  TsigReplyRefused: {
    on: ['server', 'zone', 'record'],
    says: 'The reply of the server is not signed as it should be, so it is not believed.',
    do: 'See that the address and dnsPort lead to this named, and to nothing between that answers in its place.',
  },

  // What the two sides of a protocol do not understand. A server or a version unlike BIND 9.18 may cause it.

  MessageInvalid: {
    on: ['server', 'zone', 'record'],
    says: 'What the server sent is not a message of DNS or RNDC, or does not answer what was asked.',
    do: 'See that address, dnsPort and rndcPort lead to a BIND of 9.18 or newer, and to nothing between.',
  },
  RequestMalformed: {
    on: ['server', 'zone', 'record'],
    says: 'The server says that it cannot read our request.',
    do: 'See that it is a BIND of 9.18 or newer; if it is, report a bug with its log.',
    stays: true,
  },
  NotImplemented: {
    on: ['server', 'zone', 'record'],
    says: 'The server says that it cannot do this at all.',
    do: 'See that dnsPort leads to a BIND of 9.18 or newer.',
    stays: true,
  },
  ServerRefused: {
    on: ['server', 'zone', 'record'],
    says: 'The server refuses with a code that says no more.',
    do: 'Read its log for the code that the message gives.',
  },
  RndcCommandInvalid: {
    on: ['zone', 'record'],
    says: 'A command or a zone statement cannot be written so that named would take it as meant, and is not sent.',
    do: 'Correct the value that the message names, such as the name of a key or an address.',
    stays: true,
  },

  // A cluster of servers.

  NoInstances: {
    on: ['cluster'],
    says: 'No Bind9Instance names this cluster in its clusterRef.',
    do: 'Create one, or correct its clusterRef.',
    stays: true,
  },
  InstancesNotReady: {
    on: ['cluster'],
    says: 'Some instances of the cluster are not ready; the message names them.',
    do: 'Mend what those Bind9Instances say.',
  },

  // No object's: in a log or on the screen alone, or within the message of another reason.

  APIServerRefused: {
    on: ['log'],
    says: 'The Kubernetes API server answered, and the answer is no; its own word stands in the message.',
    do: 'Give the controller the rights of manifests/controller, and install the CRDs of this version.',
  },
  APIServerUnreachable: {
    on: ['log'],
    says: 'The Kubernetes API server does not answer; what is served stays as it is.',
    do: 'Nothing: the controller tries again. If it stays, see the address in its kubeconfig.',
  },
  ZoneDynamic: {
    on: ['log'],
    says: 'named does not reload a zone that takes updates.',
    do: 'Run kubectl bindy zone freeze, or rndc freeze, before you edit its file, and thaw after.',
  },
  KubeconfigInvalid: {
    on: ['log'],
    says: 'The kubeconfig does not say which API server to talk to, or how.',
    do: 'Correct it, or name another one with --kubeconfig and --context.',
  },
  SeederFailed: {
    on: ['log'],
    says: 'The controller cannot listen on its seed port.',
    do: 'Free the port, or give another one with --seed-port.',
  },
  KeyInvalid: {
    on: ['log'],
    says: 'A TSIG or RNDC key cannot be made of what was given; an object says SecretInvalid then.',
    do: 'Correct the name, the algorithm or the secret, as the message says.',
  },
  ReviewInvalid: {
    on: ['log'],
    says: 'The webhook was sent what is no AdmissionReview of one of our kinds.',
    do: 'See that nobody but the API server calls it; if it was the API server, report a bug.',
  },
  CertificateInvalid: {
    on: ['log'],
    says: "The webhook's certificate, its key or its authority cannot be used.",
    do: 'Replace the files that --certificate names, or delete the Secret that the message names.',
  },
  ConfigSyntax: {
    on: ['log'],
    says: "A text is not in named.conf's syntax; an object says SecretInvalid or MessageInvalid then.",
    do: 'Correct the line that the message names.',
  },
} as const satisfies Readonly<Record<string, Entry>>

/** A reason of the table. */
export type Reason = keyof typeof reasons

/** Whether a reason stands until somebody changes an object or a server; not so of one of another version. */
export function isLasting(reason: string): boolean {
  return Object.hasOwn(reasons, reason) && 'stays' in reasons[reason as Reason]
}
