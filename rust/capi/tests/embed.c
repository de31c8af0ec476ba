/* A host that is not Go: compiles rules, feeds spans, drains a violation, and makes mistakes on
 * purpose. Prints nothing and exits 0 where all is as the header says. */
#include "betrace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)                                                        \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "embed.c:%d: %s\n", __LINE__, #condition);               \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

#ifdef TEST_PANIC
int32_t betrace_test_panic(const betrace_engine *engine);
#endif

static const uint64_t second = 1000000000u;
static const uint64_t start = 1700000000u * (uint64_t)1000000000u;

static betrace_rules *compile(const char *text, int32_t expected_errors) {
  betrace_source source = {(const uint8_t *)"shop.yaml", 9, (const uint8_t *)text, strlen(text)};
  betrace_rules *rules = NULL;
  size_t errors = 0;
  MUST(betrace_rules_compile(&source, 1, &rules) == BETRACE_OK);
  MUST(rules != NULL);
  MUST(betrace_rules_count(rules, NULL, &errors) == BETRACE_OK);
  MUST((int32_t)errors == expected_errors);
  return rules;
}

/* Asks for the length first, as a caller may. */
static char *report(const betrace_rules *rules, int32_t format) {
  size_t needed = 0, length = 0;
  int32_t code = betrace_rules_report(rules, format, NULL, 0, &needed);
  MUST(code == BETRACE_BUFFER_TOO_SMALL || (code == BETRACE_OK && needed == 0));
  char *text = calloc(needed + 1, 1);
  MUST(betrace_rules_report(rules, format, (uint8_t *)text, needed, &length) == BETRACE_OK);
  MUST(length == needed);
  return text;
}

static size_t put_time(uint8_t *to, uint8_t tag, uint64_t nanos) {
  to[0] = tag;
  for (int i = 0; i < 8; i++) to[1 + i] = (uint8_t)(nanos >> (8 * i));
  return 9;
}

/* One root span named `name` in a batch of its own. */
static size_t batch(uint8_t *to, uint8_t trace, const char *name) {
  uint8_t span[200];
  size_t n = 0;
  span[n++] = 0x0a; span[n++] = 16; memset(span + n, trace, 16); n += 16;
  span[n++] = 0x12; span[n++] = 8; memset(span + n, trace, 8); n += 8;
  span[n++] = 0x2a; span[n++] = (uint8_t)strlen(name);
  memcpy(span + n, name, strlen(name)); n += strlen(name);
  n += put_time(span + n, 0x39, start);
  n += put_time(span + n, 0x41, start + second);
  uint8_t head[] = {0x0a, (uint8_t)(n + 4), 0x12, (uint8_t)(n + 2), 0x12, (uint8_t)n};
  memcpy(to, head, sizeof head);
  memcpy(to + sizeof head, span, n);
  return sizeof head + n;
}

static int contains(const uint8_t *bytes, size_t length, const char *text) {
  size_t n = strlen(text);
  for (size_t i = 0; i + n <= length; i++)
    if (memcmp(bytes + i, text, n) == 0) return 1;
  return 0;
}

static void faults_are_reported(void) {
  betrace_rules *rules = compile("rules:\n  - id: a\n    condition: 'never { x.where( }'\n", 1);
  char *text = report(rules, BETRACE_REPORT_TEXT);
  MUST(strstr(text, "shop.yaml:3:") != NULL);
  char *json = report(rules, BETRACE_REPORT_JSON);
  MUST(strstr(json, "\"line\":3") != NULL);
  free(text);
  free(json);

  betrace_settings settings;
  betrace_engine *engine = (betrace_engine *)1;
  uint8_t why[8];
  size_t length = 0;
  MUST(betrace_settings_init(&settings) == BETRACE_OK);
  MUST(betrace_engine_new(rules, &settings, start, &engine, why, sizeof why, &length) == BETRACE_FAULTY_RULES);
  MUST(engine == NULL);
  MUST(length > sizeof why); /* cut, and the whole length told */
  betrace_rules_free(rules);
}

static betrace_engine *make_engine(void) {
  betrace_rules *rules = compile(
      "rules:\n"
      "  - id: forbidden\n    severity: high\n    condition: 'never { payment.bypass_validation }'\n"
      "  - id: missing-check\n    condition: 'when { payment.charge } always { payment.fraud_check }'\n", 0);
  betrace_settings settings;
  MUST(betrace_settings_init(&settings) == BETRACE_OK);
  MUST(settings.struct_size == sizeof settings);
  MUST(settings.idle_timeout == 10 * second);
  settings.restart_grace = 0;
  settings.evidence_samples = 2;
  betrace_engine *engine = NULL;
  MUST(betrace_engine_new(rules, &settings, start, &engine, NULL, 0, NULL) == BETRACE_OK);
  betrace_rules_free(rules); /* the engine goes on */
  return engine;
}

static void violations_come_out(void) {
  betrace_engine *engine = make_engine();
  uint8_t message[300], out[8192];
  size_t length = 0, count = 0, needed = 0;
  uint64_t pending = 0;

  MUST(betrace_engine_wanted(engine, out, sizeof out, &length) == BETRACE_OK);
  MUST(contains(out, length, "span_attributes"));

  size_t size = batch(message, 7, "payment.bypass_validation");
  MUST(betrace_engine_consume(engine, message, size, start + second, &pending, NULL, 0, NULL) == BETRACE_OK);
  MUST(pending == 1);

  /* Too small: told how much is needed, and the violation is still there. */
  MUST(betrace_engine_take_violations(engine, 10, out, 1, &needed, &count) == BETRACE_BUFFER_TOO_SMALL);
  MUST(needed > 1 && needed < sizeof out);
  MUST(betrace_engine_take_violations(engine, 10, out, needed, &length, &count) == BETRACE_OK);
  MUST(length == needed && count == 1);
  MUST(contains(out, length, "betrace.violation") && contains(out, length, "forbidden"));
  MUST(betrace_engine_take_violations(engine, 10, out, sizeof out, &length, &count) == BETRACE_OK);
  MUST(length == 0 && count == 0);

  /* An absence waits for the close. */
  size = batch(message, 9, "payment.charge");
  MUST(betrace_engine_consume(engine, message, size, start + 2 * second, &pending, NULL, 0, NULL) == BETRACE_OK);
  MUST(pending == 0);
  MUST(betrace_engine_tick(engine, start + 60 * second) == BETRACE_OK);
  MUST(betrace_engine_take_violations(engine, 10, out, sizeof out, &length, &count) == BETRACE_OK);
  MUST(count == 1 && contains(out, length, "missing-check"));

  MUST(betrace_engine_close_traces(engine, BETRACE_CLOSE_SHUTDOWN, start + 61 * second) == BETRACE_OK);
  MUST(betrace_engine_stats(engine, BETRACE_STATS_ALL, out, sizeof out, &length) == BETRACE_OK);
  MUST(contains(out, length, "\"evaluated\":2"));
  MUST(contains(out, length, "\"live_traces\":0"));
  MUST(contains(out, length, "\"id\":\"forbidden\""));
  MUST(betrace_engine_stats(engine, BETRACE_STATS_TOTALS, out, sizeof out, &length) == BETRACE_OK);
  MUST(contains(out, length, "\"evaluated\":2") && contains(out, length, "\"rules\":[]"));
  MUST(betrace_engine_stats(engine, 7, out, sizeof out, &length) == BETRACE_INVALID_ARGUMENT);

  /* What was found, as evidence; a record that does not fit waits. */
  const char *facts = "{\"instance\":\"00112233445566778899aabbccddeeff\",\"cause\":\"stop\",\"now\":1700000061000000000}";
  const uint8_t *given = (const uint8_t *)facts;
  uint8_t told[64];
  size_t said = 0;
  MUST(betrace_engine_evidence(engine, NULL, given, 5, out, sizeof out, &length, told, sizeof told, &said) == BETRACE_INVALID_ARGUMENT);
  MUST(said > 0);
  const char *unnamed = "{\"instance\":\"zz\",\"cause\":\"stop\",\"now\":1700000061000000000}";
  MUST(betrace_engine_evidence(engine, NULL, (const uint8_t *)unnamed, strlen(unnamed), out, sizeof out, &length, NULL, 0, NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_evidence(engine, NULL, given, strlen(facts), NULL, 0, &needed, NULL, 0, NULL) == BETRACE_BUFFER_TOO_SMALL);
  uint8_t *record = malloc(needed);
  MUST(betrace_engine_evidence(engine, NULL, given, strlen(facts), record, needed, &length, NULL, 0, NULL) == BETRACE_OK);
  MUST(length == needed && contains(record, length, "\"sequence\":1") && contains(record, length, "\"signer\":\"unsigned\""));
  free(record);
  betrace_signer *signer = (betrace_signer *)1;
  MUST(betrace_signer_new(given, strlen(facts), NULL, 0, &signer, told, sizeof told, &said) == BETRACE_INVALID_ARGUMENT);
  MUST(signer == NULL && said > 0);
  betrace_signer_free(NULL);
  betrace_engine_free(engine);
}

static void state_survives(void) {
  betrace_engine *before = make_engine(), *after = make_engine();
  uint8_t message[300], out[8192], why[100];
  size_t length = 0, size = batch(message, 7, "payment.charge"), count = 0;
  MUST(betrace_engine_consume(before, message, size, start + second, NULL, NULL, 0, NULL) == BETRACE_OK);
  MUST(betrace_engine_snapshot(before, 5, out, sizeof out, &length) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_snapshot(before, BETRACE_SNAPSHOT_FINAL, out, 3, &length) == BETRACE_BUFFER_TOO_SMALL);
  MUST(betrace_engine_snapshot(before, BETRACE_SNAPSHOT_FINAL, out, sizeof out, &length) == BETRACE_OK);
  betrace_engine_free(before);

  size_t told = 0;
  out[length - 1] ^= 1;
  MUST(betrace_engine_restore(after, out, length, start + second, why, sizeof why, &told) == BETRACE_SNAPSHOT_REFUSED);
  MUST(told > 0 && told < sizeof why);
  out[length - 1] ^= 1;
  MUST(betrace_engine_restore(after, out, length, start + second, NULL, 0, NULL) == BETRACE_OK);
  MUST(betrace_engine_tick(after, start + 60 * second) == BETRACE_OK);
  MUST(betrace_engine_take_violations(after, 10, out, sizeof out, &length, &count) == BETRACE_OK);
  MUST(count == 1 && contains(out, length, "missing-check"));
  betrace_engine_free(after);
}

/* Makes an engine that withholds `names` names of `bytes` bytes and shows so much of a value. */
static int32_t withholding(betrace_rules *rules, size_t names, size_t bytes, uint32_t value_bytes) {
  static uint8_t text[300];
  static betrace_name name[1001];
  for (size_t at = 0; at < sizeof text; at++) text[at] = 'n';
  for (size_t at = 0; at < 1001; at++) name[at] = (betrace_name){text, bytes};
  betrace_settings settings;
  MUST(betrace_settings_init(&settings) == BETRACE_OK);
  MUST(settings.withheld_len == 0 && settings.value_bytes == 256);
  settings.withheld = name;
  settings.withheld_len = names;
  settings.value_bytes = value_bytes;
  betrace_engine *engine = NULL;
  int32_t code = betrace_engine_new(rules, &settings, start, &engine, NULL, 0, NULL);
  betrace_engine_free(engine);
  return code;
}

static void an_asterisk_stands_at_the_end_alone(betrace_rules *rules) {
  static const struct { const char *text; int32_t code; } names[] = {
    {"user.*", BETRACE_OK}, {"*", BETRACE_OK}, {"*password*", BETRACE_INVALID_ARGUMENT}, {"a*b", BETRACE_INVALID_ARGUMENT}};
  for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
    betrace_name name = {(const uint8_t *)names[at].text, strlen(names[at].text)};
    betrace_settings settings;
    MUST(betrace_settings_init(&settings) == BETRACE_OK);
    settings.withheld = &name;
    settings.withheld_len = 1;
    betrace_engine *engine = NULL;
    MUST(betrace_engine_new(rules, &settings, start, &engine, NULL, 0, NULL) == names[at].code);
    betrace_engine_free(engine);
  }
}

static void withheld_names_are_bounded(betrace_rules *rules) {
  MUST(withholding(rules, BETRACE_WITHHELD_MAX, BETRACE_WITHHELD_BYTES_MAX, 1) == BETRACE_OK);
  MUST(withholding(rules, BETRACE_WITHHELD_MAX + 1, 1, 1) == BETRACE_INVALID_ARGUMENT);
  MUST(withholding(rules, 1, BETRACE_WITHHELD_BYTES_MAX + 1, 1) == BETRACE_INVALID_ARGUMENT);
  MUST(withholding(rules, 1, 0, 1) == BETRACE_INVALID_ARGUMENT);
  MUST(withholding(rules, 0, 1, 0) == BETRACE_INVALID_ARGUMENT);
  MUST(withholding(rules, 0, 1, 256) == BETRACE_OK);
  MUST(withholding(rules, 0, 1, 257) == BETRACE_INVALID_ARGUMENT);
}

static void mistakes_are_codes(void) {
  betrace_engine *engine = make_engine();
  size_t length = 0, count = 0;
  uint8_t byte = 0;
  uint8_t bad[] = {0x0a, 0xff};
  uint8_t why[200];

  MUST(betrace_engine_consume(engine, bad, sizeof bad, start, NULL, why, sizeof why, &length) == BETRACE_MALFORMED);
  MUST(length > 0 && length < sizeof why);
  MUST(betrace_engine_consume(engine, NULL, 5, start, NULL, NULL, 0, NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_consume(engine, NULL, 0, start, NULL, NULL, 0, NULL) == BETRACE_OK);
  MUST(betrace_engine_consume(engine, &byte, SIZE_MAX, start, NULL, NULL, 0, NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_consume(NULL, &byte, 1, start, NULL, NULL, 0, NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_tick(NULL, start) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_close_traces(engine, 77, start) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_stats(engine, BETRACE_STATS_ALL, NULL, 8, &length) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_stats(engine, BETRACE_STATS_ALL, &byte, 1, NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_take_violations(engine, 1, &byte, SIZE_MAX, &length, &count) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_engine_replace_rules(engine, NULL, start, NULL, 0, NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_rules_compile(NULL, 1, NULL) == BETRACE_INVALID_ARGUMENT);
  betrace_rules *rules = NULL;
  MUST(betrace_rules_compile(NULL, 3, &rules) == BETRACE_INVALID_ARGUMENT && rules == NULL);
  MUST(betrace_rules_compile(NULL, 0, &rules) == BETRACE_OK && rules != NULL);
  MUST(betrace_rules_report(rules, 9, &byte, 1, &length) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_rules_count_enabled(NULL, &count) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_rules_count_enabled(rules, NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_rules_count_enabled(rules, &count) == BETRACE_OK && count == 0);

  betrace_settings settings;
  betrace_engine *second_engine = NULL;
  MUST(betrace_settings_init(NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_settings_init(&settings) == BETRACE_OK);
  settings.struct_size = 3;
  MUST(betrace_engine_new(rules, &settings, start, &second_engine, NULL, 0, NULL) == BETRACE_INVALID_ARGUMENT);
  MUST(betrace_settings_init(&settings) == BETRACE_OK);
  settings.completeness = 42;
  MUST(betrace_engine_new(rules, &settings, start, &second_engine, NULL, 0, NULL) == BETRACE_INVALID_ARGUMENT);
  withheld_names_are_bounded(rules);
  an_asterisk_stands_at_the_end_alone(rules);
  betrace_rules_free(rules);
  betrace_rules_free(NULL);
  betrace_engine_free(engine);
  betrace_engine_free(NULL);
}

#ifdef TEST_PANIC
static void a_panic_stays_inside(void) {
  betrace_engine *engine = make_engine(), *other = make_engine();
  uint8_t message[300];
  size_t length = 0, size = batch(message, 7, "payment.charge");
  MUST(betrace_test_panic(engine) == BETRACE_POISONED);
  MUST(betrace_engine_tick(engine, start) == BETRACE_POISONED);
  MUST(betrace_engine_consume(engine, message, size, start, NULL, NULL, 0, NULL) == BETRACE_POISONED);
  MUST(betrace_engine_stats(engine, BETRACE_STATS_ALL, message, sizeof message, &length) == BETRACE_POISONED);
  MUST(betrace_engine_consume(other, message, size, start, NULL, NULL, 0, NULL) == BETRACE_OK);
  betrace_engine_free(engine);
  betrace_engine_free(other);
}
#endif

int main(void) {
  uint8_t version[32];
  size_t length = 0;
  MUST(betrace_abi_version() == BETRACE_ABI_VERSION);
  MUST(betrace_version(version, sizeof version, &length) == BETRACE_OK && length >= 5);
  MUST(betrace_version(version, 1, &length) == BETRACE_BUFFER_TOO_SMALL && length >= 5);
  faults_are_reported();
  violations_come_out();
  state_survives();
  mistakes_are_codes();
#ifdef TEST_PANIC
  a_panic_stays_inside();
#endif
  return 0;
}
