/** Texts of events, pictures and the handover. */
export const enEvents = {
  "alarms.active": "Now: {n}",
  "alarms.points": "Points without a good value",
  "alarms.honest":
    "Limits of points, acknowledging and shelving are not built yet: this is what is wrong now.",
  "alarms.journal": "What happened",
  "alarms.journalEmpty": "Nothing yet.",
  "alarms.moreForTechnicians":
    "Changes of the configuration and writes are shown to technicians, logins to admins.",
  "alarms.writes": "Last writes to devices",
  "journal.started": "The gateway started",
  "journal.channelUp": "Channel {id} is up since",
  "journal.channelDown": "Channel {id} is down since",
  "journal.uplinkUp": "Uplink {id} is up since",
  "journal.uplinkDown": "Uplink {id} is down since",
  "journal.clock": "The clock was set by {seconds} s",
  "journal.version": "Version {version} of the configuration, by {who}",
  "journal.audit": "{who}: {action} ({outcome})",
  "write.queued": "waits",
  "write.sent": "sent",
  "write.verified": "done, read back",
  "write.mismatch": "read back otherwise",
  "write.unknown": "not known whether it took effect",
  "write.refused": "refused",
  "write.cancelled": "not sent",

  "cameras.what":
    "The last picture that each camera gave to the gateway. Live view is not built yet.",
  "cameras.none": "No point takes pictures. Cameras (ONVIF) are found by looking for devices:",
  "cameras.alt": "Last picture of {device}, {name}",
  "cameras.noPicture": "No picture",
  "cameras.every": "every {span}",
  "cameras.diagnosis": "Device and diagnosis",
  "cameras.events": "What the cameras tell",

  "handover.again": "Take anew",
  "handover.print": "Print, or save as PDF",
  "handover.sum": "{good} of {points} points good, devices: {devices}.",
  "handover.version": "Configuration: version {version}, by {who}.",
  "handover.buffer":
    "Buffer: {stored} samples taken so far, {gone} of them gone; {used} of {size} used.",
  "handover.upstream": "Proof that data arrives",
  "handover.last": "Last sample",
  "handover.value": "Value",
  "handover.every": "Read every",
  "handover.sign": "Handed over by / taken over by: ______________________________",
};
