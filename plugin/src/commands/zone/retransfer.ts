import { zoneActionCommand } from '../../zone/action.ts'

export default zoneActionCommand({
  verb: 'retransfer',
  summary: 'Have the secondaries fetch a zone anew, whatever the serials say',
  role: 'secondary',
  run: (client, zone) => client.retransfer(zone),
  done: 'is fetched anew',
})
