/*
 * The C interface of BeTrace: behavioural assertions for OpenTelemetry traces.
 *
 *     betrace_rules_compile -> betrace_engine_new -> betrace_engine_consume, betrace_engine_tick
 *                                                 -> betrace_engine_take_violations
 *                                                 -> betrace_engine_evidence
 *
 * Memory. What a call is given is read during the call only and stays the caller's. What a call
 * answers goes into buffers of the caller: (buf, cap, len), where *len receives the length of what
 * was asked for. Where cap is too small the call answers BETRACE_BUFFER_TOO_SMALL, *len says what is
 * needed and nothing is lost; (NULL, 0, &len) asks for the length alone. Handles are the library's;
 * give each back to its _free function once. Text is UTF-8 without a closing NUL.
 *
 * Time. The library has no clock. Times are given by the caller, in nanoseconds since 1970; an engine
 * takes an earlier one than it has seen for the latest. Durations are nanoseconds.
 *
 * Codes. Calls answer int32_t, BETRACE_OK or what failed. A NULL pointer or an absurd length is a
 * code. A failure inside the library is one too, BETRACE_POISONED, and never ends the process.
 *
 * Threads. The library makes none. Handles may be used from several threads at once, but not while
 * they are freed. There is no global state.
 *
 * Link with -lm -ldl -lpthread. Generated from rust/capi by cbindgen; do not edit.
 */

#ifndef BETRACE_H
#define BETRACE_H

#include <stddef.h>
#include <stdint.h>

// Version of this interface. A caller that was written for another number must not go on.
#define BETRACE_ABI_VERSION 4

// The call did what it says.
#define BETRACE_OK 0

// A pointer is NULL where it must not be, a length is absurd, or a number is none of those allowed.
// Nothing was done.
#define BETRACE_INVALID_ARGUMENT 1

// The buffer is too small. Its length argument says how many bytes are needed. Nothing was lost:
// call again with a larger one.
#define BETRACE_BUFFER_TOO_SMALL 2

// The rules have errors (see betrace_rules_report) or cannot be evaluated. Nothing was changed.
#define BETRACE_FAULTY_RULES 3

// The bytes are not an OTLP trace message. The spans before the fault were evaluated.
#define BETRACE_MALFORMED 4

// The engine failed inside, now or in an earlier call. Its handle answers nothing else from then on;
// free it. The process, and every other handle, is sound.
#define BETRACE_POISONED 5

// The snapshot is damaged, of another version, or of other rules. Nothing was changed.
#define BETRACE_SNAPSHOT_REFUSED 6

// For people: code, place, source line, caret, help.
#define BETRACE_REPORT_TEXT 0

// For programs: {"diagnostics":[{"code","severity","file","line","column",...}],"rules":n}.
#define BETRACE_REPORT_JSON 1

// For programs, which rules there are that an engine evaluates, in their order:
// [{"id","name","severity","hash","file","line"}]. The hash is that of betrace.rule.hash.
#define BETRACE_REPORT_RULES 2

// A trace closed by idle time is complete if a root span came.
#define BETRACE_COMPLETE_ROOT 0

// ... if a root came and every span's parent.
#define BETRACE_COMPLETE_LINKED 1

// ... in any case.
#define BETRACE_COMPLETE_IDLE 2

// A violation span stands in the trace that broke the rule.
#define BETRACE_TRACE_OFFENDER 0

// A violation span stands in a trace of its own, linked to the offender.
#define BETRACE_TRACE_OWN 1

// Most keys of marks that an engine takes.
#define BETRACE_MARK_KEYS_MAX 8

// Most names of attributes that an engine withholds, and most bytes of one.
#define BETRACE_WITHHELD_MAX 1000

#define BETRACE_WITHHELD_BYTES_MAX 256

// Nothing more will come: traces close as by their idle time.
#define BETRACE_CLOSE_END_OF_INPUT 0

// The process stops: what is unknown of live traces ends inconclusive.
#define BETRACE_CLOSE_SHUTDOWN 1

// All counters but those of single rules: cheap however many rules there are.
#define BETRACE_STATS_TOTALS 0

// All counters.
#define BETRACE_STATS_ALL 1

// More spans follow, which an engine restored from the snapshot misses: its live traces end
// inconclusive.
#define BETRACE_SNAPSHOT_PERIODIC 0

// Nothing is consumed any more: an engine restored from the snapshot goes on with every trace.
#define BETRACE_SNAPSHOT_FINAL 1

// Evaluates one rule set over the spans that it is given. All functions but betrace_engine_free may
// be called from several threads at once.
typedef struct betrace_engine betrace_engine;

// A compiled rule set. It never changes, and may be used from several threads at once.
typedef struct betrace_rules betrace_rules;

// A key that signs evidence records. It never changes, and may be used from several threads at once.
typedef struct betrace_signer betrace_signer;

// One rule file. The library copies what it needs; both texts may be freed after the call.
typedef struct betrace_source {
  // The file's name as reports show it, in UTF-8 without a closing NUL.
  const uint8_t *name;
  size_t name_len;
  // The file's content.
  const uint8_t *text;
  size_t text_len;
} betrace_source;

// A secret of 16 to 1024 bytes. The library keeps what it derives from it, and never writes it anywhere.
typedef struct betrace_mark_key {
  const uint8_t *secret;
  size_t secret_len;
} betrace_mark_key;

// The key of an attribute, or the beginning of keys and a `*`, in UTF-8.
typedef struct betrace_name {
  const uint8_t *text;
  size_t text_len;
} betrace_name;

// How an engine runs. Fill it by betrace_settings_init and change what you want otherwise.
// All times are nanoseconds.
typedef struct betrace_settings {
  // sizeof(betrace_settings), as betrace_settings_init wrote it.
  size_t struct_size;
  // A trace closes when no span of it came for so long. Default 10 s.
  uint64_t idle_timeout;
  // While its root has not come (or, with BETRACE_COMPLETE_LINKED, a span's parent), a trace does not close
  // before no span of it came for so long. Default 60 s.
  uint64_t root_timeout;
  // A trace closes at the latest so long after its first span came. Default 5 min.
  uint64_t max_age;
  // How long a closed trace's state is kept for late spans. Default 1 min.
  uint64_t late_window;
  // How long a closed trace's id alone is kept after that. Default 1 h.
  uint64_t forget_after;
  // Bound of all state that grows with input, in bytes. Default 256 MiB.
  uint64_t memory_bytes;
  // Spans of one trace that are evaluated. Default 20000.
  uint32_t spans_per_trace;
  // Into how many separately locked parts traces are divided, at most 1024; 0 lets the engine choose.
  uint32_t shards;
  // BETRACE_COMPLETE_*. Default BETRACE_COMPLETE_ROOT.
  int32_t completeness;
  // BETRACE_TRACE_*. Default BETRACE_TRACE_OFFENDER.
  int32_t violation_trace;
  // Not 0: traces that may have begun before this engine did end inconclusive. Default 1.
  int32_t restart_grace;
  // 0 to 1000: what happens is noted by period, for betrace_engine_evidence, with at most so many ids of traces that kept a
  // rule. Below 0: nothing is noted. Default -1.
  int32_t evidence_samples;
  // Keys by which violation spans are known when they come by again, so that no rule judges them: they bear a mark
  // that the first of these keys made, and those with a mark of any of them are known. At most
  // BETRACE_MARK_KEYS_MAX; read during betrace_engine_new only. Default none: nothing is marked, and no span is
  // taken for a violation.
  const struct betrace_mark_key *mark_keys;
  size_t mark_keys_len;
  // Attributes whose values messages do not show: `[withheld]` stands in their place. At most BETRACE_WITHHELD_MAX, each
  // of 1 to BETRACE_WITHHELD_BYTES_MAX bytes; read during betrace_engine_new only. Default none.
  const struct betrace_name *withheld;
  size_t withheld_len;
  // How much messages show of a value, in bytes. 1 to 256. Default 256.
  uint32_t value_bytes;
} betrace_settings;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The number that the library was built with; compare it with BETRACE_ABI_VERSION.
uint32_t betrace_abi_version(void);

// Writes the version of the library, such as "0.1.0", in UTF-8 without a closing NUL.
//
// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT
//
// The caller must see to it:
// `cap` bytes at `buf`, and `len`, must be writable.
int32_t betrace_version(uint8_t *buf,
                        size_t cap,
                        size_t *len);

// Compiles rule files. Faults in them do not make the call fail: ask betrace_rules_count whether
// there are errors and betrace_rules_report which.
//
// @param sources `count` rule files; names need not be different
// @param rules   receives the handle; free it by betrace_rules_free
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED (no handle was made)
//
// The caller must see to it:
// The sources and what they point to must be readable, `rules` must be writable.
int32_t betrace_rules_compile(const struct betrace_source *sources,
                              size_t count,
                              struct betrace_rules **rules);

// Compiles rule files as betrace_rules_compile does, and warns of rules whose deadlines (`within`) are longer
// than a trace is kept open.
//
// @param longest_deadline  max_age less idle_timeout of the engine, in nanoseconds; 0: with their defaults
// @param rules_bytes  what the rules may hold in memory once they are in use (see betrace_rules_bytes); more is an error
//                 of the rule that passes it. 0: 128 MiB
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED (no handle was made)
//
// The caller must see to it:
// As for betrace_rules_compile.
int32_t betrace_rules_compile_within(const struct betrace_source *sources,
                                     size_t count,
                                     uint64_t longest_deadline,
                                     uint64_t rules_bytes,
                                     struct betrace_rules **rules);

// Writes which files these use (`use:`) that are not among them, as JSON: a list of names, without `.` and `..`, each
// relative to what the names of the sources are relative to. Whoever reads rule files adds those that may be read and
// asks again; what is still missing when the files are compiled is an error in the report.
//
// @param sources `count` rule files, as for betrace_rules_compile
// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT
//
// The caller must see to it:
// The sources and what they point to must be readable; `cap` bytes at `buf`, and `len`, must be writable.
int32_t betrace_rules_missing_files(const struct betrace_source *sources,
                                    size_t count,
                                    uint8_t *buf,
                                    size_t cap,
                                    size_t *len);

// Counts.
//
// @param rules  NULL is BETRACE_INVALID_ARGUMENT
// @param count  receives how many rules were read, faulty and disabled ones too; may be NULL
// @param errors receives how many errors there are; may be NULL. Only a set without errors can be
//               given to an engine.
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT
//
// The caller must see to it:
// `rules` must be a live handle; `count` and `errors` must be writable or NULL.
int32_t betrace_rules_count(const struct betrace_rules *rules,
                            size_t *count,
                            size_t *errors);

// Counts the rules that an engine made from them evaluates: those without faults that are enabled.
//
// @param rules NULL is BETRACE_INVALID_ARGUMENT
// @param count receives the number
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT
//
// The caller must see to it:
// `rules` must be a live handle; `count` must be writable.
int32_t betrace_rules_count_enabled(const struct betrace_rules *rules,
                                    size_t *count);

// Says what the enabled rules hold in memory once an engine uses them, beside what traces take: about, and mostly their
// regular expressions as compiled, equal ones once.
//
// @param rules NULL is BETRACE_INVALID_ARGUMENT
// @param bytes receives the number
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT
//
// The caller must see to it:
// `rules` must be a live handle; `bytes` must be writable.
int32_t betrace_rules_bytes(const struct betrace_rules *rules,
                            uint64_t *bytes);

// Writes everything that is to be said about the rules: as text errors first, then warnings and notes, each in their
// order in the files; as JSON all in their order in the files. UTF-8 without a closing NUL; the text form is empty where
// there is nothing to say.
//
// @param format BETRACE_REPORT_TEXT, BETRACE_REPORT_JSON or BETRACE_REPORT_RULES
// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT
//
// The caller must see to it:
// `rules` must be a live handle; `cap` bytes at `buf`, and `len`, must be writable.
int32_t betrace_rules_report(const struct betrace_rules *rules,
                             int32_t format,
                             uint8_t *buf,
                             size_t cap,
                             size_t *len);

// Frees the handle. Engines made from it go on. NULL is allowed and does nothing.
//
// The caller must see to it:
// `rules` must be NULL, or a live handle that nobody uses any more.
void betrace_rules_free(struct betrace_rules *rules);

// Fills `settings` with the defaults.
//
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT
//
// The caller must see to it:
// `settings` must be writable.
int32_t betrace_settings_init(struct betrace_settings *settings);

// Makes an engine.
//
// @param rules    a set without errors; the engine keeps what it needs, the handle may be freed
// @param settings from betrace_settings_init; what it points to is read during the call only
// @param now      the time, nanoseconds since 1970, as in all calls; an engine's time never goes back
// @param engine   receives the handle; free it by betrace_engine_free
// @param err_buf,err_cap,err_len  receive a text about BETRACE_FAULTY_RULES, cut where it does not
//                 fit; err_len (may be NULL) receives the length of the whole text
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_FAULTY_RULES, BETRACE_POISONED (no handle was made)
//
// The caller must see to it:
// `rules` must be a live handle, `settings` readable, `engine` writable, the error buffer writable.
int32_t betrace_engine_new(const struct betrace_rules *rules,
                           const struct betrace_settings *settings,
                           uint64_t now,
                           struct betrace_engine **engine,
                           uint8_t *err_buf,
                           size_t err_cap,
                           size_t *err_len);

// Writes which fields of a span the rules read, as JSON:
// {"span_attributes":[...],"resource_attributes":[...],"instrumentation_attributes":[...],
// "event_attributes":[...],"link_attributes":[...],"event_names":b,"event_times":b,"link_ids":b,
// "status":b,"status_message":b,"scope_version":b}. A key that is read from the span, else the resource, is in both lists.
// A message that holds these fields and ids, parent id, name, kind, times, service.name, the scope's
// name (and, in scope "betrace", the attributes betrace.violation.id and betrace.mark) gets the same verdicts as the
// whole message. Ask again after betrace_engine_replace_rules.
//
// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle; `cap` bytes at `buf`, and `len`, must be writable.
int32_t betrace_engine_wanted(const struct betrace_engine *engine,
                              uint8_t *buf,
                              size_t cap,
                              size_t *len);

// Evaluates one batch of spans.
//
// @param otlp    an OTLP ExportTraceServiceRequest (or TracesData) in protobuf; read during the call
//                only
// @param pending receives how many violations wait to be taken; may be NULL
// @param err_buf,err_cap,err_len  receive a text about BETRACE_MALFORMED, as in betrace_engine_new
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_MALFORMED, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle; `otlp_len` bytes at `otlp` must be readable and unchanged during
// the call; `pending` and the error buffer must be writable.
int32_t betrace_engine_consume(const struct betrace_engine *engine,
                               const uint8_t *otlp,
                               size_t otlp_len,
                               uint64_t now,
                               uint64_t *pending,
                               uint8_t *err_buf,
                               size_t err_cap,
                               size_t *err_len);

// Closes every trace that is due. Call it about once a second.
//
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle.
int32_t betrace_engine_tick(const struct betrace_engine *engine,
                            uint64_t now);

// Says that the engines which share the traces are others than before, and until when spans may have gone to another of
// them than others of their trace: traces that were opened by then, or began before, end inconclusive (moved) for what
// rests on absence. Call it sooner after the change than traces are idle.
//
// @param until nanoseconds since 1970; takes the place of an earlier call's. UINT64_MAX: until the next call
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle.
int32_t betrace_engine_moved(const struct betrace_engine *engine,
                             uint64_t until);

// Closes every live trace.
//
// @param cause BETRACE_CLOSE_END_OF_INPUT or BETRACE_CLOSE_SHUTDOWN
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle.
int32_t betrace_engine_close_traces(const struct betrace_engine *engine,
                                    int32_t cause,
                                    uint64_t now);

// Takes violations, the oldest first, as an OTLP ExportTraceServiceRequest in protobuf.
//
// Where the buffer is too small the violations wait for the next call, which answers the same ones
// (whatever its limit).
//
// @param limit at most so many violations
// @param len   receives the length of the message; 0 where there is no violation
// @param count receives how many violations the message holds
// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle; `cap` bytes at `buf`, `len` and `count` must be writable.
int32_t betrace_engine_take_violations(const struct betrace_engine *engine,
                                       size_t limit,
                                       uint8_t *buf,
                                       size_t cap,
                                       size_t *len,
                                       size_t *count);

// Swaps the rules. A rule whose id and meaning are unchanged keeps its state; one that was added or
// changed sees the traces that are live or remembered now as incomplete. Where the call fails the
// old rules go on.
//
// @param err_buf,err_cap,err_len  receive a text about BETRACE_FAULTY_RULES, as in betrace_engine_new
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_FAULTY_RULES, BETRACE_POISONED
//
// The caller must see to it:
// `engine` and `rules` must be live handles, the error buffer must be writable.
int32_t betrace_engine_replace_rules(const struct betrace_engine *engine,
                                     const struct betrace_rules *rules,
                                     uint64_t now,
                                     uint8_t *err_buf,
                                     size_t err_cap,
                                     size_t *err_len);

// Frees the handle and all its state; a poisoned one too. NULL is allowed and does nothing.
//
// The caller must see to it:
// `engine` must be NULL, or a live handle that no thread uses any more.
void betrace_engine_free(struct betrace_engine *engine);

// Writes the engine's counters as JSON:
// {"spans":{outcome:n},"rules":[{"id","severity","verdicts":[{"verdict","reason","count"}],
// "violations":n,"violations_contradicted":n,"comparisons_unknown":n,"spans_matched":n,
// "windows":[{"group":[value],"samples":n,"unknown":n,"hits":n,"sum":x}]}],
// "severities":[{"severity","verdicts":[...],"reopened":n}],"unmarked_spans":n,"live_traces":n,
// "open_windows":n,"late_in_windows":n,"returned_traces":n,"dropped_ids":n,"memory_bytes":n,
// "memory_limit_bytes":n,"queued_violations":n,"violations_lost":n,
// "decision_delay":{"bounds":[seconds],"counts":[n],"sum":seconds},...}.
// "windows" counts windows of rules over many traces that are over: "hits" are of shares and of numbers of traces alone, "sum"
// of sums and averages. A reader must pass over names that it does not know.
//
// @param parts BETRACE_STATS_TOTALS (then "rules" is empty) or BETRACE_STATS_ALL
// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle; `cap` bytes at `buf`, and `len`, must be writable.
int32_t betrace_engine_stats(const struct betrace_engine *engine,
                             int32_t parts,
                             uint8_t *buf,
                             size_t cap,
                             size_t *len);

// Writes the state of all traces, for betrace_engine_restore in another process. Counters and
// violations that were not taken are not part of it. The format is versioned and checksummed. It takes about half of what
// the state takes. Where the buffer is too small the snapshot waits for the next call of the same kind, which answers the
// same one. Batches may be consumed meanwhile, and no trace is held for long.
//
// @param kind BETRACE_SNAPSHOT_PERIODIC or BETRACE_SNAPSHOT_FINAL
// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle; `cap` bytes at `buf`, and `len`, must be writable.
int32_t betrace_engine_snapshot(const struct betrace_engine *engine,
                                int32_t kind,
                                uint8_t *buf,
                                size_t cap,
                                size_t *len);

// Takes over the state of a snapshot, before anything was consumed. A rule that the snapshot does
// not know with the same meaning sees the restored traces as incomplete.
//
// @param snapshot what betrace_engine_snapshot wrote
// @param err_buf,err_cap,err_len  receive a text about BETRACE_SNAPSHOT_REFUSED, as in
//                 betrace_engine_new; the engine is then as it was
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_SNAPSHOT_REFUSED, BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle; `snapshot_len` bytes at `snapshot` must be readable; the error
// buffer must be writable.
int32_t betrace_engine_restore(const struct betrace_engine *engine,
                               const uint8_t *snapshot,
                               size_t snapshot_len,
                               uint64_t now,
                               uint8_t *err_buf,
                               size_t err_cap,
                               size_t *err_len);

// Reads an Ed25519 private key in PEM (PKCS #8), as `openssl genpkey -algorithm ed25519` writes it.
//
// @param pem      the key; the library keeps what it needs of it, wipes that when the handle is freed, and never writes it
//                 anywhere
// @param previous the key before it, which signs the record of the hand-over too; none where previous_len is 0
// @param signer   receives the handle; free it by betrace_signer_free
// @param err_buf,err_cap,err_len  receive a text about BETRACE_INVALID_ARGUMENT, as in betrace_engine_new
// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED (no handle was made)
//
// The caller must see to it:
// `pem` and `previous` must be readable, `signer` and the error buffer must be writable.
int32_t betrace_signer_new(const uint8_t *pem,
                           size_t pem_len,
                           const uint8_t *previous,
                           size_t previous_len,
                           struct betrace_signer **signer,
                           uint8_t *err_buf,
                           size_t err_cap,
                           size_t *err_len);

// Frees the handle and wipes its key. NULL is allowed and does nothing.
//
// The caller must see to it:
// `signer` must be NULL, or a live handle that no thread uses any more.
void betrace_signer_free(struct betrace_signer *signer);

// Ends a period and writes its evidence record, as JSON: {"chain":{...},"envelope":{...}}. The envelope, as it stands there,
// is the record; the chain is for the next call. Where rules were replaced since the last call the oldest period of such
// rules is told first, with the cause "reload", whatever the caller says; call again for the rest.
//
// Where the buffer is too small the record waits for the next call, which answers the same one (whatever its facts).
//
// @param signer signs the record; NULL: it says that it is unsigned
// @param facts  what the caller knows, as JSON: {"chain":as answered last or null,"instance":32 hexadecimal digits of a chain
//               that begins,"cause":"start|period|stop","now":nanoseconds since 1970,"producer":{"processor","pipeline"},
//               "chain_lost":b,"violations_lost":{cause:n},"clock":{"jumps":n,"forward_ms":n,"back_ms":n},
//               "records":{"failed":n,"dropped":n}}; all but instance, cause and now may be left out
// @param err_buf,err_cap,err_len  receive a text about BETRACE_INVALID_ARGUMENT, as in betrace_engine_new
// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT (facts that are none, or an engine whose settings
//         ask for no evidence), BETRACE_POISONED
//
// The caller must see to it:
// `engine` must be a live handle, `signer` one or NULL; `facts_len` bytes at `facts` must be readable; `cap` bytes at `buf`,
// `len` and the error buffer must be writable.
int32_t betrace_engine_evidence(const struct betrace_engine *engine,
                                const struct betrace_signer *signer,
                                const uint8_t *facts,
                                size_t facts_len,
                                uint8_t *buf,
                                size_t cap,
                                size_t *len,
                                uint8_t *err_buf,
                                size_t err_cap,
                                size_t *err_len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* BETRACE_H */
