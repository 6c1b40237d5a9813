// An OPC UA server on open62541, a stack that shares no code with the gateway's client.
// usage: server pki=FOLDER [port=N] [variables=N] [changing=N] [period=MS] [history=N]
//               [reads=N] [items-per-call=N] [items=N] [browse=N] [level=N] [anonymous=0|1]
// Prints "port N" once it listens. Lines on its input: "level N" sets ServiceLevel, "stop" ends it.
// The user viewer has the password milk. Certificates are trusted as files below FOLDER/ApplCerts
// and FOLDER/UserTokenCerts.
#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/plugin/certificategroup_default.h>
#include <open62541/plugin/create_certificate.h>
#include <open62541/plugin/historydata/history_database_default.h>
#include <open62541/plugin/historydatabase.h>
#include <open62541/plugin/log_stdout.h>
#include <open62541/server_config_default.h>

#include "space.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile sig_atomic_t isRunning = 1;

static const char *wordOf(int count, char **words, const char *name, const char *usual) {
  size_t length = strlen(name);
  for (int i = 1; i < count; i++)
    if (!strncmp(words[i], name, length) && words[i][length] == '=') return words[i] + length + 1;
  return usual;
}

static UA_UInt32 numberOf(int count, char **words, const char *name, UA_UInt32 usual) {
  const char *word = wordOf(count, words, name, NULL);
  return word ? (UA_UInt32)strtoul(word, NULL, 10) : usual;
}

static void onSignal(int number) {
  (void)number;
  isRunning = 0;
}

// ---- key and certificate, made at the first start

static UA_ByteString fileOf(const char *path) {
  UA_ByteString bytes = UA_BYTESTRING_NULL;
  FILE *file = fopen(path, "rb");
  if (!file) return bytes;
  fseek(file, 0, SEEK_END);
  CHECK(UA_ByteString_allocBuffer(&bytes, (size_t)ftell(file)));
  rewind(file);
  if (fread(bytes.data, 1, bytes.length, file) != bytes.length) exit(1);
  fclose(file);
  return bytes;
}

static void toFile(const char *path, UA_ByteString bytes) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes.data, 1, bytes.length, file) != bytes.length) {
    perror(path);
    exit(1);
  }
  fclose(file);
}

static void ownCertificate(const char *pki, UA_ByteString *certificate, UA_ByteString *key) {
  char certificatePath[512], keyPath[512];
  snprintf(certificatePath, sizeof certificatePath, "%s/own.der", pki);
  snprintf(keyPath, sizeof keyPath, "%s/own.key.der", pki);
  *certificate = fileOf(certificatePath);
  *key = fileOf(keyPath);
  if (certificate->length && key->length) return;
  UA_String subject[2] = {UA_STRING_STATIC("O=Dairy"), UA_STRING_STATIC("CN=Independent peer")};
  UA_String names[2] = {UA_STRING_STATIC("DNS:localhost"), UA_STRING_STATIC("URI:urn:dairy:peer")};
  UA_KeyValueMap *settings = UA_KeyValueMap_new();
  UA_UInt16 bits = 2048, days = 30;
  UA_KeyValueMap_setScalar(settings, UA_QUALIFIEDNAME(0, "key-size-bits"), &bits,
                           &UA_TYPES[UA_TYPES_UINT16]);
  UA_KeyValueMap_setScalar(settings, UA_QUALIFIEDNAME(0, "expires-in-days"), &days,
                           &UA_TYPES[UA_TYPES_UINT16]);
  CHECK(UA_CreateCertificate(UA_Log_Stdout, subject, 2, names, 2, UA_CERTIFICATEFORMAT_DER,
                             settings, key, certificate));
  UA_KeyValueMap_delete(settings);
  toFile(certificatePath, *certificate);
  toFile(keyPath, *key);
}

static void secure(UA_ServerConfig *config, const char *pki, bool isAnonymousAllowed) {
  UA_ByteString certificate, key;
  mkdir(pki, 0700);
  ownCertificate(pki, &certificate, &key);
  UA_String store = UA_STRING((char *)(uintptr_t)pki);
  UA_NodeId application =
      UA_NS0ID(SERVERCONFIGURATION_CERTIFICATEGROUPS_DEFAULTAPPLICATIONGROUP);
  UA_NodeId user = UA_NS0ID(SERVERCONFIGURATION_CERTIFICATEGROUPS_DEFAULTUSERTOKENGROUP);
  const UA_KeyValueMap none = UA_KEYVALUEMAP_NULL;
  CHECK(UA_CertificateGroup_Filestore(&config->secureChannelPKI, &application, store,
                                      config->logging, &none));
  CHECK(UA_CertificateGroup_Filestore(&config->sessionPKI, &user, store, config->logging, &none));
  CHECK(UA_ServerConfig_addSecurityPolicyNone(config, &certificate));
  CHECK(UA_ServerConfig_addSecurityPolicyBasic128Rsa15(config, &certificate, &key));
  CHECK(UA_ServerConfig_addSecurityPolicyBasic256(config, &certificate, &key));
  CHECK(UA_ServerConfig_addSecurityPolicyBasic256Sha256(config, &certificate, &key));
  CHECK(UA_ServerConfig_addSecurityPolicyAes128Sha256RsaOaep(config, &certificate, &key));
  CHECK(UA_ServerConfig_addSecurityPolicyAes256Sha256RsaPss(config, &certificate, &key));
  UA_UsernamePasswordLogin login = {UA_STRING_STATIC("viewer"), UA_STRING_STATIC("milk")};
  CHECK(UA_AccessControl_default(config, isAnonymousAllowed, NULL, 1, &login));
  CHECK(UA_ServerConfig_addAllEndpoints(config));
}

static void setLevel(UA_Server *server, UA_Byte level) {
  UA_DataValue value;
  UA_DataValue_init(&value);
  UA_Variant_setScalar(&value.value, &level, &UA_TYPES[UA_TYPES_BYTE]);
  value.hasValue = true;
  CHECK(UA_Server_setVariableNode_internalValueSource(server, UA_NS0ID(SERVER_SERVICELEVEL), &value,
                                                      NULL));
}

static void obey(UA_Server *server) {
  static char line[128];
  static size_t length;
  ssize_t count = read(STDIN_FILENO, line + length, sizeof line - length - 1);
  if (count <= 0) return;
  length += (size_t)count;
  line[length] = 0;
  for (char *end = strchr(line, '\n'); end; end = strchr(line, '\n')) {
    unsigned level;
    if (sscanf(line, "level %u", &level) == 1) setLevel(server, (UA_Byte)level);
    if (!strncmp(line, "stop", 4)) isRunning = 0;
    length -= (size_t)(end + 1 - line);
    memmove(line, end + 1, length + 1);
  }
}

static void onConnection(UA_Server *server, UA_UInt16 port) {
  (void)server;
  printf("port %u\n", port);
  fflush(stdout);
}

int main(int count, char **words) {
  const char *pki = wordOf(count, words, "pki", NULL);
  if (!pki) {
    fprintf(stderr, "say where its certificates lie: pki=FOLDER\n");
    return 2;
  }
  signal(SIGTERM, onSignal);
  signal(SIGINT, onSignal);
  UA_UInt16 port = (UA_UInt16)numberOf(count, words, "port", 4840);
  UA_ServerConfig config;
  memset(&config, 0, sizeof config);
  CHECK(UA_ServerConfig_setBasics_withPort(&config, port));
  UA_String_clear(&config.applicationDescription.applicationUri);
  config.applicationDescription.applicationUri = UA_STRING_ALLOC("urn:dairy:peer");
  secure(&config, pki, numberOf(count, words, "anonymous", 1) != 0);
  config.maxNodesPerRead = numberOf(count, words, "reads", 0);
  config.maxMonitoredItemsPerCall = numberOf(count, words, "items-per-call", 0);
  config.maxMonitoredItemsPerSubscription = numberOf(count, words, "items", 0);
  config.maxNodesPerBrowse = numberOf(count, words, "browse", 0);
  config.maxReferencesPerNode = numberOf(count, words, "references", 0);
  config.samplingIntervalLimits.min = 1;
  config.publishingIntervalLimits.min = 10;
  gathering = UA_HistoryDataGathering_Default(1);
  config.historyDatabase = UA_HistoryDatabase_default(gathering);
  UA_Server *server = UA_Server_newWithConfig(&config);
  if (!server) return 1;
  ns = UA_Server_addNamespace(server, "urn:dairy:peer:plant");
  plant(server, numberOf(count, words, "variables", 0));
  counters(server, numberOf(count, words, "changing", 0), numberOf(count, words, "history", 0),
           numberOf(count, words, "period", 1000));
  scalars(server);
  methods(server);
  structures(server);
  broken(server);
  setLevel(server, (UA_Byte)numberOf(count, words, "level", 255));
  CHECK(UA_Server_run_startup(server));
  onConnection(server, port);
  fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
  while (isRunning) {
    UA_Server_run_iterate(server, true);
    obey(server);
  }
  UA_Server_run_shutdown(server);
  UA_Server_delete(server);
  return 0;
}
