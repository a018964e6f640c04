import { zoneActionCommand } from '../../zone/action.ts'

export default zoneActionCommand({
  verb: 'freeze',
  summary: 'Have the primaries take no updates of a zone',
  description: 'Bindy changes nothing of it meanwhile: the zone says ZoneFrozen until it is thawed.',
  role: 'primary',
  run: (client, zone) => client.freeze(zone),
  done: 'takes no updates until it is thawed',
  asks: 'Changes of ZONE will wait until it is thawed. Freeze it?',
  next: 'zone thaw',
})
