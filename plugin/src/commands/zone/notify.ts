import { zoneActionCommand } from '../../zone/action.ts'

export default zoneActionCommand({
  verb: 'notify',
  summary: 'Have the primaries announce a zone to its secondaries',
  role: 'primary',
  run: (client, zone) => client.notify(zone),
  done: 'is announced to its secondaries',
})
