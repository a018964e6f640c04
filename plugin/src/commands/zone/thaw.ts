import { zoneActionCommand } from '../../zone/action.ts'

export default zoneActionCommand({
  verb: 'thaw',
  summary: 'Have the primaries take updates of a zone again',
  role: 'primary',
  run: (client, zone) => client.thaw(zone),
  done: 'takes updates again',
})
