/** Says on stderr that a long piece of work has begun, how long it has been going on, and how it ended. */
export async function progress(what, work) {
  const { stderr } = process
  const began = Date.now()
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`
  const clear = stderr.isTTY ? '\r\x1b[K' : ''
  stderr.write(`${what} ...${stderr.isTTY ? '' : '\n'}`)
  const tell = () => stderr.write(stderr.isTTY ? `${clear}${what} ... ${seconds()}` : `${what} ... ${seconds()}\n`)
  const timer = setInterval(tell, stderr.isTTY ? 1000 : 15_000)
  const end = how => stderr.write(`${clear}${what}: ${how} after ${seconds()}\n`)
  try {
    const result = await work()
    end('done')
    return result
  } catch (error) {
    end('failed')
    throw error
  } finally {
    clearInterval(timer)
  }
}
