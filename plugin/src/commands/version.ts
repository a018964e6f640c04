import { Flags } from '@oclif/core'
import { API_GROUP, API_VERSION } from '#crds'
import { BindyCommand, formFlag } from '../base.ts'
import { envelope } from '../envelope.ts'
import { BIN, version } from '../name.ts'
import { printData } from '../screen/data.ts'

export default class Version extends BindyCommand {
  static override summary = 'Print the versions of the plugin and of the API server'
  static override flags = {
    client: Flags.boolean({ summary: 'of the plugin alone; no cluster is asked' }),
    output: formFlag(['table', 'wide', 'json', 'yaml'], {
      without: { name: 'is of objects, and versions are none' },
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Version)
    const server = flags.client ? undefined : await this.#serverVersion(flags)
    const versions = { client: version, api: `${API_GROUP}/${API_VERSION}`, ...(server && { kubernetes: server }) }
    if (flags.output === 'json' || flags.output === 'yaml') {
      return this.print(await printData(envelope('Version', versions), flags.output))
    }
    this.print([`${BIN} ${version}, for ${versions.api}`, ...(server ? [`Kubernetes ${server}`] : [])])
  }

  async #serverVersion(flags: Parameters<BindyCommand['connect']>[0]): Promise<string> {
    const { client, signal } = await this.connect(flags)
    return (await client.get<{ gitVersion: string }>('/version', { signal })).gitVersion
  }
}
