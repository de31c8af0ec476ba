/* Stands for libbetrace.a where only linking matters: every symbol is there, and the version is VERSION. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

uint32_t betrace_abi_version(void) { return 3; }

int32_t betrace_version(uint8_t *buf, size_t cap, size_t *len) {
  *len = strlen(VERSION);
  if (cap < *len) return 2;
  memcpy(buf, VERSION, *len);
  return 0;
}

#define REFUSE(name) int32_t name(void) { return 1; }
REFUSE(betrace_rules_compile)
REFUSE(betrace_rules_compile_within)
REFUSE(betrace_rules_count)
REFUSE(betrace_rules_count_enabled)
REFUSE(betrace_rules_report)
REFUSE(betrace_rules_missing_files)
REFUSE(betrace_rules_bytes)
REFUSE(betrace_rules_free)
REFUSE(betrace_settings_init)
REFUSE(betrace_engine_new)
REFUSE(betrace_engine_wanted)
REFUSE(betrace_engine_consume)
REFUSE(betrace_engine_tick)
REFUSE(betrace_engine_moved)
REFUSE(betrace_engine_close_traces)
REFUSE(betrace_engine_take_violations)
REFUSE(betrace_engine_stats)
REFUSE(betrace_engine_evidence)
REFUSE(betrace_signer_new)
REFUSE(betrace_signer_free)
REFUSE(betrace_engine_replace_rules)
REFUSE(betrace_engine_snapshot)
REFUSE(betrace_engine_restore)
REFUSE(betrace_engine_free)
