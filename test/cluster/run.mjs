// node test/cluster/run.mjs ARGUMENTS: installs the packages when they are not there, then runs the pinned Node with
// these arguments. Everything in package.json's scripts starts here, on whatever Node the machine has (20 or newer).
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lock } from './lock.mjs'
import { progress } from './progress.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stamp = join(root, 'node_modules', '.bindy-lock')

try {
  await install()
  process.exitCode = await runNode(pinnedNode(), process.argv.slice(2))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}

/** The stamp goes before npm starts and comes back when it has succeeded: an interrupted install is never trusted. */
async function install() {
  if (isInstalled()) return
  const release = await lock(`npm ci ${root}`, { onWait: () => console.error('npm ci: another process is at it') })
  try {
    if (isInstalled()) return
    rmSync(stamp, { force: true })
    await progress('npm ci: installing the packages, about 40 s', npmCi)
    writeFileSync(stamp, lockHash())
  } finally {
    release()
  }
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

async function npmCi() {
  const npm = spawnTied('npm', ['ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 'pipe', 'pipe'] }, 'KILL')
  const said = []
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', chunk => said.push(chunk))
  const code = await exitCode(npm)
  if (code !== 0) throw new Error(`${Buffer.concat(said)}\nCannot install the packages: npm ci ended with ${code}`)
}

function pinnedNode() {
  const pinned = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(pinned)) return pinned
  const [major, minor, patch] = process.versions.node.split('.').map(Number)
  const works =
    (major === 22 && (minor > 22 || (minor === 22 && patch >= 2))) || (major === 24 && minor >= 15) || major > 24
  if (works) return process.execPath
  throw new Error(
    `Cannot run on Node ${process.versions.node}: 24.15 or newer is needed. It comes with "npm ci" on Linux x64 and arm64 ` +
      '(an optional dependency, so not with --omit=optional); elsewhere install it from https://nodejs.org',
  )
}

function runNode(node, args) {
  const child = spawnTied(node, args, { stdio: 'inherit' }, 'TERM')
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  // A terminal sends Ctrl-C to the child as well, which decides what it means; without one, it is for us to pass on.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  // An npm that is killed says nothing to us: what we find then is another parent.
  const parent = process.ppid
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref()
  return exitCode(child)
}

/** Starts a child that gets `signal` from the kernel when this process is gone, even by kill -9. */
function spawnTied(command, args, options, signal) {
  const setpriv = '/usr/bin/setpriv'
  return existsSync(setpriv)
    ? spawn(setpriv, ['--pdeathsig', signal, '--', command, ...args], { cwd: root, ...options })
    : spawn(command, args, { cwd: root, ...options })
}

function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}
