/**
 * Steps from nothing to the present layout, in order; each runs once in a store. Shipped steps are
 * never edited: a change is a further step.
 *
 * `sample.state`: null is a good number. Else kind + 8 * quality, + 64 where `other` is JSON since
 * a text holds a zero character. Kinds: 0 number, 1 boolean, 2 whole number of any size, 3 text,
 * 4 none (bad). Qualities: 0 good, 1 uncertain, 2 bad. `sample.value` is the number, 0 or 1 for
 * booleans, and nearly the whole number; `sample.other` the whole number exactly, the text, or the
 * reason. Times are UTC milliseconds.
 *
 * Samples have no unique index: a block's row is what makes its samples unique, and both are of one
 * transaction. Blocks get ascending refs, so that the index by block grows at its end only, at 8
 * bytes a sample; times have a BRIN index of next to nothing. docs/receiver-postgres.md has sizes.
 */
export const MIGRATIONS: readonly string[] = [
  `
create table gateway (
  ref int generated always as identity primary key, id text not null unique, shard text,
  refused int8 not null default 0, refused_reason text
);
create index gateway_shard on gateway (shard);

-- stored, thinned, gone: block numbers; gone: what gap records cover and nothing else does.
-- version: one more with each change, so that a writer notices another one.
create table epoch (
  ref int generated always as identity primary key, gateway_ref int not null references gateway,
  stream text not null, id text not null, reason text,
  stored int8multirange not null default '{}', thinned int8multirange not null default '{}',
  gone int8multirange not null default '{}', blocks int8 not null default 0,
  samples int8 not null default 0, thinned_samples int8 not null default 0,
  duplicates int8 not null default 0, conflicts int8 not null default 0,
  fork int8, last_sample_ms int8, touched_ms int8 not null, version int8 not null default 0,
  unique (gateway_ref, stream, id)
) with (fillfactor = 50);

-- hash: the 64 bits as a signed number. token: of the shard's lease under which it was stored.
-- kind 'thinned': a number of a thinned entry (hash is that one's) with the samples of it that are
-- kept; thinned: how many are gone.
create sequence block_ref;
create table block (
  epoch_ref int not null references epoch, seq int8 not null, ref int8 not null unique,
  hash int8 not null, kind text not null, samples int not null, from_ms int8 not null,
  to_ms int8 not null, stored_at timestamptz not null, token int8,
  thinned int8 not null default 0, primary key (epoch_ref, seq)
);

create table thinned (
  epoch_ref int not null references epoch, first int8 not null, last int8 not null,
  hash int8 not null, samples int8 not null, kept int8 not null, from_ms int8 not null,
  to_ms int8 not null, stored_ms int8 not null, primary key (epoch_ref, first)
);
-- What thinned entries tell of the numbers of each minute; first: the entry's.
create table minute (
  epoch_ref int not null, first int8 not null, point_ref int not null, t int8 not null,
  min float8 not null, max float8 not null, mean float8 not null, last float8 not null,
  count int8 not null, quality int2 not null, primary key (epoch_ref, first, point_ref, t)
);

create table point (
  ref int generated always as identity primary key, gateway_ref int not null references gateway,
  id text not null, unique (gateway_ref, id)
);
create table point_list (hash text primary key, ids text not null);

create table sample (
  t int8 not null, value float8, block_ref int8 not null, point_ref int not null, i int not null,
  state int2, other text
);
create index sample_block on sample (block_ref);
create index sample_time on sample using brin (t) with (pages_per_range = 16, autosummarize = on);

-- Numbers of blocks, or of thinned entries, that a clock dated of which it was not known whether it
-- was right. shift_ms: to be added to their times; is_corrected: once it is known to be all.
create table unsynced (
  epoch_ref int not null references epoch, seq int8 not null, gateway_ref int not null,
  boot text not null, step int8 not null, shift_ms int8 not null, is_corrected bool not null,
  primary key (epoch_ref, seq)
);
create index unsynced_run on unsynced (gateway_ref, boot);
-- What gateways told of their clocks, by run of the machine.
create table clock_step (
  gateway_ref int not null references gateway, boot text not null, step int8 not null,
  offset_ms int8 not null, is_synced bool not null, reason text not null, at_ms int8 not null,
  primary key (gateway_ref, boot, step)
);

create table gap (
  epoch_ref int not null references epoch, first int8 not null, last int8 not null,
  samples int8 not null, from_ms int8 not null, to_ms int8 not null, reason text not null,
  recorded_ms int8 not null, primary key (epoch_ref, first, last)
);

create table conflict (
  epoch_ref int not null references epoch, seq int8 not null, hash int8 not null,
  kept_hash int8 not null, times int8 not null default 1, seen_ms int8 not null, body bytea,
  primary key (epoch_ref, seq, hash)
);

create table media (
  epoch_ref int not null references epoch, seq int8 not null, point_ref int not null,
  t int8 not null, name text not null, content_type text not null, bytes bytea not null,
  primary key (epoch_ref, seq)
);
alter table media alter column bytes set storage external;

-- lost: references that a full queue dropped.
create table sink (
  ref int generated always as identity primary key, name text not null unique,
  handed int8 not null default 0, handed_ms int8, lost int8 not null default 0,
  fault text, fault_ms int8
);

-- What waits to be handed on, as references into the record; refused: why it was set aside.
-- A gateway has one writer at a time, so that its positions are in the order of its commits.
create table outbox (
  position int8 generated always as identity, sink_ref int not null, gateway_ref int not null,
  epoch_ref int not null, kind text not null, first int8 not null, last int8 not null,
  stored_ms int8 not null, refused text, primary key (sink_ref, position)
);
create index outbox_of_gateway on outbox (sink_ref, gateway_ref, position) where refused is null;

-- t is corrected as far as the gateway's clock is known; t_before as the gateway dated it.
create view record as
select gateway.id as gateway, point.id as point, sample.t + coalesce(shift_ms, 0) as t,
  to_timestamp((sample.t + coalesce(shift_ms, 0)) / 1000.0) as at,
  case coalesce(sample.state, 0) & 7 when 4 then null when 2 then sample.other
    when 3 then sample.other when 1 then (sample.value = 1)::text
    else sample.value::text end as value,
  case (coalesce(sample.state, 0) >> 3) & 3 when 0 then 'good' when 1 then 'uncertain'
    else 'bad' end as quality,
  case coalesce(sample.state, 0) & 7 when 4 then sample.other end as reason,
  epoch.id as epoch, block.seq as block, sample.i as "index", sample.value as number,
  case when is_corrected then 'corrected' when not is_corrected then 'unsynced' end as clock,
  sample.t as t_before
from sample
join block on block.ref = sample.block_ref
left join unsynced on unsynced.epoch_ref = block.epoch_ref and unsynced.seq = block.seq
join epoch on epoch.ref = block.epoch_ref
join point on point.ref = sample.point_ref
join gateway on gateway.ref = epoch.gateway_ref;

create view minute_record as
select gateway.id as gateway, point.id as point, minute.t + coalesce(shift_ms, 0) as t,
  to_timestamp((minute.t + coalesce(shift_ms, 0)) / 1000.0) as at, min, max, mean,
  minute.last, count,
  case quality when 0 then 'good' else 'uncertain' end as quality,
  epoch.id as epoch, minute.first as first_block, thinned.last as last_block,
  case when is_corrected then 'corrected' when not is_corrected then 'unsynced' end as clock,
  minute.t as t_before
from minute
left join unsynced on unsynced.epoch_ref = minute.epoch_ref and unsynced.seq = minute.first
join thinned on thinned.epoch_ref = minute.epoch_ref and thinned.first = minute.first
join epoch on epoch.ref = minute.epoch_ref
join point on point.ref = minute.point_ref
join gateway on gateway.ref = epoch.gateway_ref;

-- Receivers that share the store, and the shards each of them owns: see docs/receiver-postgres.md.
create table receiver (id text primary key, expires_at timestamptz not null);
create table shard (
  name text primary key, owner text, token int8 not null default 0, expires_at timestamptz,
  wanted text
);
-- Every lease there ever was.
create table lease (
  shard text not null, token int8 not null, owner text not null, acquired_at timestamptz not null,
  ended_at timestamptz, how text, primary key (shard, token)
);
`,
];
