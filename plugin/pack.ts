import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import packageJson from '../package.json' with { type: 'json' }
import { buildPlugin, executables } from './build.ts'
import { SCHEMA_FILE } from './src/name.ts'

/*
 * `npm run pack` makes what is published: an npm tarball that needs no other package, and a Krew manifest of it.
 */

const root = join(import.meta.dirname, '..')
const { name, version, description, license } = packageJson

export interface Packed {
  readonly tarball: string
  readonly krewManifest: string
}

/** Packs the plugin into a directory. `url` is where the tarball will be fetched from. */
export async function packPlugin(directory: string, { url }: { readonly url: string }): Promise<Packed> {
  const content = join(directory, 'package')
  mkdirSync(directory, { recursive: true })
  await buildPlugin(content)
  cpSync(join(root, 'LICENSE'), join(content, 'LICENSE'))
  cpSync(join(root, 'plugin', SCHEMA_FILE), join(content, SCHEMA_FILE))
  writeFileSync(join(content, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
  const made = execFileSync('npm', ['pack', '--json', '--pack-destination', directory], {
    cwd: content,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename }] = JSON.parse(made.toString()) as [{ filename: string }]
  rmSync(content, { recursive: true })
  const tarball = join(directory, filename)
  const krewManifest = join(directory, 'bindy.yaml')
  writeFileSync(
    krewManifest,
    stringify(krew(`${url.replace(/\/$/, '')}/${filename}`, sha256(tarball)), { lineWidth: 0 }),
  )
  return { tarball, krewManifest }
}

function manifest(): object {
  return {
    name,
    version,
    description: 'kubectl bindy: create, inspect and check DNS zones that BIND 9 serves from Kubernetes',
    license,
    type: 'module',
    engines: { node: '>=22.19' },
    bin: Object.fromEntries(executables.map(executable => [executable, `${executable}.mjs`])),
    files: ['*.mjs', '*.json', '*.LEGAL.txt'],
  }
}

// krew.sigs.k8s.io/docs/developer-guide/plugin-manifest
function krew(uri: string, digest: string): object {
  const platform = (os: string, arch: string) => ({
    selector: { matchLabels: { os, arch } },
    uri,
    sha256: digest,
    bin: 'kubectl-bindy.mjs',
    files: [{ from: 'package/*', to: '.' }],
  })
  const platforms = ['linux', 'darwin'].flatMap(os => ['amd64', 'arm64'].map(arch => platform(os, arch)))
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'bindy' },
    spec: {
      version: `v${version}`,
      shortDescription: 'Create, inspect and check DNS zones of BIND 9',
      description: `${description}. See "kubectl bindy --help".`,
      caveats: 'It needs Node.js 22.19 or newer on PATH.\nFor completion: kubectl bindy completion kubectl --help',
      platforms,
    },
  }
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { url: { type: 'string', default: 'https://example.com/kubectl-bindy' } } })
  const { tarball, krewManifest } = await packPlugin(join(root, 'dist'), values)
  console.log(`${tarball}\n${krewManifest}, of a tarball at ${values.url}\n\nnpm install --global ${tarball}`)
}
