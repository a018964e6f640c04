import { zoneActionCommand } from '../../zone/action.ts'

export default zoneActionCommand({
  verb: 'reload',
  summary: 'Have the primaries read the file of a zone again',
  description: 'named refuses it for a zone that takes updates: freeze it first, and thaw it after.',
  role: 'primary',
  run: (client, zone) => client.reload(zone),
  done: 'is read again',
})
