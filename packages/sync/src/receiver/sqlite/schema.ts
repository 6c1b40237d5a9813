/** Of the table layout; a store of another version is not opened. */
export const SCHEMA_VERSION = 3;

/** "HGRX": marks the file as a receiver's store. */
export const APPLICATION_ID = 0x48475258;

/**
 * `sample.kind`: 0 number, 1 boolean, 2 whole number of any size, 3 text, 4 none (bad).
 * `sample.quality`: 0 good, 1 uncertain, 2 bad. Times are UTC milliseconds.
 * `value` is exact: REAL for numbers ('NaN' as text), INTEGER for whole numbers and booleans,
 * text for whole numbers beyond 64 bits.
 */
export const SCHEMA = `
create table store (key text primary key, value text not null) strict, without rowid;

create table gateway (
  ref integer primary key, id text not null unique,
  refused integer not null default 0, refused_reason text
) strict;

-- stored, thinned and gone: JSON, [{"first", "last"}, …], no number in two of them; thinned: only
-- the essence is held; gone: what gap records cover and nothing else does. samples: rows of table
-- sample; thinned_samples: those that are gone by thinning.
create table epoch (
  ref integer primary key, gateway_ref integer not null references gateway (ref),
  stream text not null, id text not null, reason text,
  stored text not null default '[]', thinned text not null default '[]',
  gone text not null default '[]',
  blocks integer not null default 0, samples integer not null default 0,
  thinned_samples integer not null default 0,
  duplicates integer not null default 0, conflicts integer not null default 0,
  fork integer, last_sample_ms integer, touched_ms integer not null,
  unique (gateway_ref, stream, id)
) strict;

-- kind 'thinned': a number of a thinned entry (hash is that one's) with the samples of it that are
-- kept; thinned: how many are gone.
create table block (
  epoch_ref integer not null, seq integer not null, kind text not null, hash text not null,
  samples integer not null, from_ms integer not null, to_ms integer not null,
  stored_ms integer not null, thinned integer not null default 0,
  primary key (epoch_ref, seq)
) strict, without rowid;

create table thinned (
  epoch_ref integer not null, first integer not null, last integer not null, hash text not null,
  samples integer not null, kept integer not null, from_ms integer not null,
  to_ms integer not null, stored_ms integer not null,
  primary key (epoch_ref, first)
) strict, without rowid;

-- What thinned entries tell of the numbers of each minute; first: the entry's.
create table minute (
  epoch_ref integer not null, first integer not null, point_ref integer not null,
  t integer not null, min real not null, max real not null, mean real not null,
  last real not null, count integer not null, quality integer not null,
  primary key (epoch_ref, first, point_ref, t)
) strict, without rowid;

create table point (
  ref integer primary key, gateway_ref integer not null references gateway (ref),
  id text not null, unique (gateway_ref, id)
) strict;

create table point_list (hash text primary key, ids text not null) strict, without rowid;

create table sample (
  epoch_ref integer not null, block integer not null, i integer not null,
  point_ref integer not null, t integer not null, value any,
  kind integer not null, quality integer not null, reason text,
  primary key (epoch_ref, block, i)
) strict, without rowid;

-- Numbers of blocks, or of thinned entries, that a clock dated of which it was not known whether it
-- was right. shift_ms: to be added to their times; is_corrected: 1 once it is known to be all.
create table unsynced (
  epoch_ref integer not null, seq integer not null, gateway_ref integer not null,
  boot text not null, step integer not null, shift_ms integer not null,
  is_corrected integer not null, primary key (epoch_ref, seq)
) strict, without rowid;
create index unsynced_run on unsynced (gateway_ref, boot);

-- What gateways told of their clocks, by run of the machine.
create table clock_step (
  gateway_ref integer not null, boot text not null, step integer not null,
  offset_ms integer not null, is_synced integer not null, reason text not null,
  at_ms integer not null, primary key (gateway_ref, boot, step)
) strict, without rowid;

create table gap (
  epoch_ref integer not null, first integer not null, last integer not null,
  samples integer not null, from_ms integer not null, to_ms integer not null,
  reason text not null, recorded_ms integer not null,
  primary key (epoch_ref, first, last)
) strict, without rowid;

create table conflict (
  epoch_ref integer not null, seq integer not null, hash text not null, kept_hash text not null,
  times integer not null default 1, seen_ms integer not null, body blob,
  primary key (epoch_ref, seq, hash)
) strict;

create table media (
  epoch_ref integer not null, seq integer not null, point_ref integer not null,
  t integer not null, name text not null, content_type text not null,
  path text not null, bytes integer not null,
  primary key (epoch_ref, seq)
) strict, without rowid;

-- waiting: rows of outbox that are not refused; lost: rows that a full queue dropped.
create table sink (
  ref integer primary key, name text not null unique, waiting integer not null default 0,
  handed integer not null default 0, handed_ms integer, lost integer not null default 0,
  fault text, fault_ms integer
) strict;

-- What waits to be handed on, as references into the record; refused: why it was set aside.
create table outbox (
  position integer primary key autoincrement, sink_ref integer not null,
  epoch_ref integer not null, kind text not null, first integer not null, last integer not null,
  stored_ms integer not null, refused text
) strict;
create index outbox_waiting on outbox (sink_ref, position) where refused is null;
create index outbox_aside on outbox (sink_ref, position) where refused is not null;

-- t is corrected as far as the gateway's clock is known; t_before as the gateway dated it.
create view record as
select gateway.id as gateway, point.id as point,
  sample.t + coalesce(unsynced.shift_ms, 0) as t, sample.value,
  case sample.quality when 0 then 'good' when 1 then 'uncertain' else 'bad' end as quality,
  sample.reason, epoch.id as epoch, sample.block, sample.i as "index",
  case unsynced.is_corrected when 1 then 'corrected' when 0 then 'unsynced' end as clock,
  sample.t as t_before
from sample
left join unsynced on unsynced.epoch_ref = sample.epoch_ref and unsynced.seq = sample.block
join epoch on epoch.ref = sample.epoch_ref
join point on point.ref = sample.point_ref
join gateway on gateway.ref = epoch.gateway_ref;

create view minute_record as
select gateway.id as gateway, point.id as point,
  minute.t + coalesce(unsynced.shift_ms, 0) as t, minute.min, minute.max, minute.mean,
  minute.last, minute.count,
  case minute.quality when 0 then 'good' else 'uncertain' end as quality,
  epoch.id as epoch, thinned.first as first_block, thinned.last as last_block,
  case unsynced.is_corrected when 1 then 'corrected' when 0 then 'unsynced' end as clock,
  minute.t as t_before
from minute
left join unsynced on unsynced.epoch_ref = minute.epoch_ref and unsynced.seq = minute.first
join thinned on thinned.epoch_ref = minute.epoch_ref and thinned.first = minute.first
join epoch on epoch.ref = minute.epoch_ref
join point on point.ref = minute.point_ref
join gateway on gateway.ref = epoch.gateway_ref;

pragma application_id = ${APPLICATION_ID};
pragma user_version = ${SCHEMA_VERSION};
`;
