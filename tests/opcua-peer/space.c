#include "space.h"

#include <open62541/plugin/historydata/history_data_backend_memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

UA_UInt16 ns;
UA_HistoryDataGathering gathering;

void check(UA_StatusCode status, const char *what) {
  if (status == UA_STATUSCODE_GOOD) return;
  fprintf(stderr, "%s: %s\n", what, UA_StatusCode_name(status));
  exit(1);
}

UA_NodeId named(const char *name) { return UA_NODEID_STRING(ns, (char *)(uintptr_t)name); }

UA_NodeId folder(UA_Server *server, UA_NodeId parent, const char *id, const char *name) {
  UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
  attributes.displayName = UA_LOCALIZEDTEXT("", (char *)(uintptr_t)name);
  CHECK(UA_Server_addObjectNode(server, named(id), parent, UA_NS0ID(ORGANIZES),
                                UA_QUALIFIEDNAME(ns, (char *)(uintptr_t)name),
                                UA_NS0ID(FOLDERTYPE), attributes, NULL, NULL));
  return named(id);
}

void variable(UA_Server *server, UA_NodeId parent, const char *id, struct Held held) {
  UA_VariableAttributes attributes = UA_VariableAttributes_default;
  const char *name = strrchr(id, '.') ? strrchr(id, '.') + 1 : id;
  attributes.displayName = UA_LOCALIZEDTEXT("", (char *)(uintptr_t)name);
  attributes.accessLevel = UA_ACCESSLEVELMASK_READ | held.access;
  attributes.historizing = (held.access & UA_ACCESSLEVELMASK_HISTORYREAD) != 0;
  attributes.dataType = held.type->typeId;
  UA_UInt32 dimension = 0;
  if (held.length) {
    attributes.valueRank = UA_VALUERANK_ONE_DIMENSION;
    attributes.arrayDimensions = &dimension;
    attributes.arrayDimensionsSize = 1;
    UA_Variant_setArray(&attributes.value, (void *)(uintptr_t)held.value, held.length, held.type);
  } else {
    attributes.valueRank = UA_VALUERANK_SCALAR;
    UA_Variant_setScalar(&attributes.value, (void *)(uintptr_t)held.value, held.type);
  }
  CHECK(UA_Server_addVariableNode(server, named(id), parent, UA_NS0ID(ORGANIZES),
                                  UA_QUALIFIEDNAME(ns, (char *)(uintptr_t)name),
                                  UA_NS0ID(BASEDATAVARIABLETYPE), attributes, NULL, NULL));
}

// One hundred variables a machine, one hundred machines an area.
void plant(UA_Server *server, UA_UInt32 count) {
  char id[64], name[32];
  UA_NodeId root = folder(server, UA_NS0ID(OBJECTSFOLDER), "Plant", "Plant");
  for (UA_UInt32 i = 0; i < count; i++) {
    UA_UInt32 area = i / 10000, machine = i / 100 % 100;
    char areaId[32], machineId[48];
    snprintf(areaId, sizeof areaId, "Plant.Area%02u", area);
    snprintf(machineId, sizeof machineId, "%s.Machine%02u", areaId, machine);
    if (i % 10000 == 0) {
      snprintf(name, sizeof name, "Area%02u", area);
      folder(server, root, areaId, name);
    }
    if (i % 100 == 0) {
      snprintf(name, sizeof name, "Machine%02u", machine);
      folder(server, named(areaId), machineId, name);
    }
    snprintf(id, sizeof id, "%s.Value%02u", machineId, i % 100);
    UA_Double value = i;
    variable(server, named(machineId), id,
             (struct Held){.type = &UA_TYPES[UA_TYPES_DOUBLE], .value = &value});
  }
}

struct Counters {
  UA_UInt32 count, period, n;
  UA_Int64 startMs;
  UA_NodeId *ids;
};

// Every counter holds the same number; its source time is its number times the period.
static void tick(UA_Server *server, void *data) {
  struct Counters *counters = (struct Counters *)data;
  UA_Int64 nowMs = (UA_DateTime_now() - UA_DATETIME_UNIX_EPOCH) / UA_DATETIME_MSEC;
  // On a busy machine it falls behind rather than answer nobody.
  for (int round = 0; round < 2; round++) {
    if (counters->startMs + (UA_Int64)counters->n * counters->period > nowMs) return;
    UA_DataValue value;
    UA_DataValue_init(&value);
    UA_Variant_setScalar(&value.value, &counters->n, &UA_TYPES[UA_TYPES_UINT32]);
    value.hasValue = true;
    value.hasSourceTimestamp = true;
    value.sourceTimestamp =
        UA_DATETIME_UNIX_EPOCH +
        (counters->startMs + (UA_Int64)counters->n * counters->period) * UA_DATETIME_MSEC;
    for (UA_UInt32 i = 0; i < counters->count; i++)
      UA_Server_writeDataValue(server, counters->ids[i], value);
    counters->n++;
  }
}

void counters(UA_Server *server, UA_UInt32 count, UA_UInt32 historyCount, UA_UInt32 period) {
  struct Counters *made = (struct Counters *)calloc(1, sizeof *made);
  made->count = count;
  made->period = period;
  made->startMs = (UA_DateTime_now() - UA_DATETIME_UNIX_EPOCH) / UA_DATETIME_MSEC / period * period;
  made->ids = (UA_NodeId *)calloc(count ? count : 1, sizeof *made->ids);
  UA_NodeId parent = folder(server, UA_NS0ID(OBJECTSFOLDER), "Counters", "Counters");
  for (UA_UInt32 i = 0; i < count; i++) {
    char id[64];
    snprintf(id, sizeof id, "Counters.C%05u", i);
    bool isHistorized = i < historyCount;
    UA_UInt32 zero = 0;
    variable(server, parent, id,
             (struct Held){.type = &UA_TYPES[UA_TYPES_UINT32],
                           .value = &zero,
                           .access = UA_ACCESSLEVELMASK_WRITE |
                                     (isHistorized ? UA_ACCESSLEVELMASK_HISTORYREAD : 0)});
    UA_NodeId node = named(id);
    CHECK(UA_NodeId_copy(&node, &made->ids[i]));
    if (!isHistorized) continue;
    UA_HistorizingNodeIdSettings settings;
    memset(&settings, 0, sizeof settings);
    settings.historizingBackend = UA_HistoryDataBackend_Memory(1, 1000);
    settings.maxHistoryDataResponseSize = 1000;
    settings.historizingUpdateStrategy = UA_HISTORIZINGUPDATESTRATEGY_VALUESET;
    CHECK(gathering.registerNodeId(server, gathering.context, &made->ids[i], settings));
  }
  CHECK(UA_Server_addRepeatedCallback(server, tick, made, period < 20 ? period : 20, NULL));
}
