/*
 * What the standard C API (wasm.h) lacks: the text format, errors with places, traps with kinds
 * and source lines, linking by name, host functions that see their caller, WASI with capabilities,
 * limits, fuel, time limits and interruption.
 *
 * The rules of ownership and threads are those of wasm.h. Strings that are passed in are null
 * terminated and copied. Functions that can fail return null or false and, if `error` is not null,
 * put an owned error there; on success they put null.
 *
 * A null handle, most often the result of a call that failed, fails like any other wrong argument:
 * by null, false, a trap or an error; `_delete` functions take it.
 */
#ifndef ZWASM_H
#define ZWASM_H

#include "wasm.h"

#define own

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that was linked, as "0.1.0". Any thread. */
WASM_API_EXTERN const char* zwasm_version(void);
/* Whether the library was built with a part: "text", "jit", "wasi", "gc". Any thread. */
WASM_API_EXTERN bool zwasm_has_part(const char* name);

/* --- errors --- */

typedef struct zwasm_error_t zwasm_error_t;
WASM_API_EXTERN void zwasm_error_delete(own zwasm_error_t*);

typedef uint8_t zwasm_error_kind_t;
enum zwasm_error_kind_enum {
  ZWASM_ERROR_IO,        /* a file could not be read */
  ZWASM_ERROR_MALFORMED, /* bytes or text do not follow the grammar */
  ZWASM_ERROR_INVALID,   /* does not validate */
  ZWASM_ERROR_LIMIT,     /* a limit was exceeded */
  ZWASM_ERROR_LINK,      /* an import is missing or has the wrong type */
  ZWASM_ERROR_USAGE,     /* this API was misused */
  ZWASM_ERROR_TRAP,      /* running code trapped */
  ZWASM_ERROR_EXIT,      /* the program ended itself */
  ZWASM_ERROR_EXCEPTION, /* a WebAssembly exception was not caught */
  ZWASM_ERROR_HOST,      /* a host function failed */
};
WASM_API_EXTERN zwasm_error_kind_t zwasm_error_kind(const zwasm_error_t*);
/* One line with the place; several lines with source line and backtrace. As long as the error. */
WASM_API_EXTERN const char* zwasm_error_message(const zwasm_error_t*);
WASM_API_EXTERN const char* zwasm_error_details(const zwasm_error_t*);
/* Line and column from 1, 0 if none; byte offset in a binary, UINT64_MAX if none. */
WASM_API_EXTERN uint32_t zwasm_error_line(const zwasm_error_t*);
WASM_API_EXTERN uint32_t zwasm_error_column(const zwasm_error_t*);
WASM_API_EXTERN uint64_t zwasm_error_offset(const zwasm_error_t*);

/* --- vectors --- */

/* The type v128, for wasm_valtype_new and in what modules declare. A value of this kind has no room
 * in wasm_val_t: its `of.ref` owns the vector, which wasm_val_copy and wasm_val_delete treat like a
 * reference. It can be passed wherever values are: to functions, globals, callbacks. */
enum zwasm_valkind_enum { ZWASM_V128 = 130 };
/* Bytes of lane 0 first, each lane little endian. */
WASM_API_EXTERN void zwasm_v128_new(own wasm_val_t* out, const uint8_t bytes[16]);
/* False, and nothing written, if the value is not a vector. */
WASM_API_EXTERN bool zwasm_v128_get(const wasm_val_t*, uint8_t bytes[16]);

/* --- traps: more than a message --- */

typedef uint8_t zwasm_trap_code_t;
enum zwasm_trap_code_enum {
  ZWASM_TRAP_NONE, /* the failure is not a trap: see zwasm_trap_kind */
  ZWASM_TRAP_UNREACHABLE,
  ZWASM_TRAP_MEMORY_OUT_OF_BOUNDS,
  ZWASM_TRAP_TABLE_OUT_OF_BOUNDS,
  ZWASM_TRAP_ARRAY_OUT_OF_BOUNDS,
  ZWASM_TRAP_INTEGER_DIVIDE_BY_ZERO,
  ZWASM_TRAP_INTEGER_OVERFLOW,
  ZWASM_TRAP_INVALID_CONVERSION,
  ZWASM_TRAP_UNDEFINED_ELEMENT,
  ZWASM_TRAP_UNINITIALIZED_ELEMENT,
  ZWASM_TRAP_INDIRECT_CALL_TYPE_MISMATCH,
  ZWASM_TRAP_NULL_REFERENCE,
  ZWASM_TRAP_NULL_FUNCTION_REFERENCE,
  ZWASM_TRAP_NULL_STRUCTURE_REFERENCE,
  ZWASM_TRAP_NULL_ARRAY_REFERENCE,
  ZWASM_TRAP_NULL_I31_REFERENCE,
  ZWASM_TRAP_NULL_EXCEPTION_REFERENCE,
  ZWASM_TRAP_CAST_FAILURE,
  ZWASM_TRAP_UNALIGNED_ATOMIC,
  ZWASM_TRAP_EXPECTED_SHARED_MEMORY,
  ZWASM_TRAP_STACK_EXHAUSTED,
  ZWASM_TRAP_OUT_OF_FUEL,
  ZWASM_TRAP_INTERRUPTED,
  ZWASM_TRAP_TIMEOUT,
  ZWASM_TRAP_HEAP_EXHAUSTED,
  ZWASM_TRAP_GROW_FAILED,
  ZWASM_TRAP_UNKNOWN_IMPORT,
  ZWASM_TRAP_HOST_ERROR,
  ZWASM_TRAP_UNCAUGHT_EXCEPTION,
};
/* What a wasm_trap_t stands for: ZWASM_ERROR_TRAP, or any other way in which a call or an
 * instantiation failed; ZWASM_ERROR_HOST for those made by wasm_trap_new. */
WASM_API_EXTERN zwasm_error_kind_t zwasm_trap_kind(const wasm_trap_t*);
/* Which trap, for ZWASM_ERROR_TRAP. */
WASM_API_EXTERN zwasm_trap_code_t zwasm_trap_code(const wasm_trap_t*);
/* True, and the status, when the program ended itself (`proc_exit`). */
WASM_API_EXTERN bool zwasm_trap_exit_status(const wasm_trap_t*, uint32_t* status);
/* Several lines, null terminated: the message and the backtrace with names and source lines. */
WASM_API_EXTERN void zwasm_trap_details(const wasm_trap_t*, own wasm_message_t* out);
/* A core dump: what the store's instances, memories and globals hold now, and where the trap was.
 */
WASM_API_EXTERN void zwasm_trap_core_dump(const wasm_trap_t*, own wasm_byte_vec_t* out);
/* For callbacks to return: a trap as if the caller had executed it; the end of the program. */
WASM_API_EXTERN own wasm_trap_t* zwasm_trap_new_code(wasm_store_t*, zwasm_trap_code_t);
WASM_API_EXTERN own wasm_trap_t* zwasm_trap_new_exit(wasm_store_t*, uint32_t status);
/* The exception, when the call ended with one that nobody caught; else null. */
WASM_API_EXTERN own wasm_ref_t* zwasm_trap_exception(const wasm_trap_t*);
/* For callbacks to return: an exception, thrown where the caller called; a guest can catch it. */
WASM_API_EXTERN own wasm_trap_t* zwasm_trap_new_exception(wasm_store_t*, const wasm_ref_t*);

/* Names, empty if unknown; where the instruction comes from, if the module carries DWARF: the file
 * (empty if unknown), line and column from 1 (0 if unknown). Strings live as long as the frame. */
WASM_API_EXTERN const char* zwasm_frame_func_name(const wasm_frame_t*);
WASM_API_EXTERN const char* zwasm_frame_module_name(const wasm_frame_t*);
WASM_API_EXTERN const char* zwasm_frame_file(const wasm_frame_t*);
WASM_API_EXTERN uint32_t zwasm_frame_line(const wasm_frame_t*);
WASM_API_EXTERN uint32_t zwasm_frame_column(const wasm_frame_t*);

/* --- configuration --- */

/* Switches a proposal by its name ("gc", "threads" …); false if there is none of that name. */
WASM_API_EXTERN bool zwasm_config_set_feature(wasm_config_t*, const char* name, bool on);
/* Exactly what level 1, 2 or 3 of the specification contains. */
WASM_API_EXTERN bool zwasm_config_set_level(wasm_config_t*, uint32_t level);
/* Stores meter fuel. */
WASM_API_EXTERN void zwasm_config_set_fuel(wasm_config_t*, bool on);
/* Bytes of stack that guest code may use. */
WASM_API_EXTERN void zwasm_config_set_max_wasm_stack(wasm_config_t*, uint64_t bytes);
/* Reserve address space behind memories (default); off: memories are as small as they are. */
WASM_API_EXTERN void zwasm_config_set_guard_pages(wasm_config_t*, bool on);
/* How code runs; results are the same with each. */
typedef uint8_t zwasm_tier_t;
enum zwasm_tier_enum {
  ZWASM_TIER_AUTOMATIC,   /* starts at once and compiles what is hot */
  ZWASM_TIER_INTERPRETER, /* never compiles */
  ZWASM_TIER_COMPILED,    /* compiles everything before it runs */
};
WASM_API_EXTERN void zwasm_config_set_tier(wasm_config_t*, zwasm_tier_t);
/* How hard the compiler tries: 0, 1 (fast to compile), 2 (default). */
WASM_API_EXTERN void zwasm_config_set_opt_level(wasm_config_t*, uint32_t level);
/* Compile on threads of the library (default), or on the one that needs the code. */
WASM_API_EXTERN void zwasm_config_set_background_compilation(wasm_config_t*, bool on);
/* Keep compiled code in the user's cache directory for the next run. */
WASM_API_EXTERN void zwasm_config_set_cache(wasm_config_t*, bool on);
/* Bytes that the cache may take on the disk (default 1 GiB); what was not used for longest goes. */
WASM_API_EXTERN void zwasm_config_set_cache_bytes(wasm_config_t*, uint64_t bytes);
/* Tell native debuggers about compiled code: functions of guests by name, lines by their DWARF. */
WASM_API_EXTERN void zwasm_config_set_debug_info(wasm_config_t*, bool on);
/* Profilers that are told the names of compiled functions. */
typedef uint8_t zwasm_code_profile_t;
enum zwasm_code_profile_enum {
  ZWASM_CODE_PROFILE_NONE,
  ZWASM_CODE_PROFILE_PERFMAP, /* /tmp/perf-PID.map */
  ZWASM_CODE_PROFILE_JITDUMP, /* jit-PID.dump in the current directory */
};
WASM_API_EXTERN void zwasm_config_set_code_profile(wasm_config_t*, zwasm_code_profile_t);
/* Microseconds between samples of which functions guests are in, for zwasm_engine_samples; 0: none.
 */
WASM_API_EXTERN void zwasm_config_set_sample_us(wasm_config_t*, uint32_t microseconds);
/* What the sampler has seen so far, in all stores of the engine, as flame graph tools read it: a
 * line per stack, "module!outermost;module!next 12". The text is not null terminated. Any thread.
 */
WASM_API_EXTERN void zwasm_engine_samples(const wasm_engine_t*, own wasm_byte_vec_t* out);
/* Another handle of the same engine. Any thread. */
WASM_API_EXTERN own wasm_engine_t* zwasm_engine_copy(const wasm_engine_t*);
/* The same results everywhere: one NaN, one way of the relaxed vector operations. */
WASM_API_EXTERN void zwasm_config_set_nan_canonicalization(wasm_config_t*, bool on);
WASM_API_EXTERN void zwasm_config_set_relaxed_simd_deterministic(wasm_config_t*, bool on);
/* Bytes that the library has mapped from the system, for all engines of the process. Any thread. */
typedef struct zwasm_mapped_memory_t {
  uint64_t memories; /* linear memories */
  uint64_t tables;   /* large tables */
  uint64_t heaps;    /* garbage-collected heaps */
  uint64_t stacks;   /* stacks that guests run on; each thread that ran one keeps one */
  uint64_t code;     /* machine code */
} zwasm_mapped_memory_t;
WASM_API_EXTERN zwasm_mapped_memory_t zwasm_mapped_memory(void);

/* --- modules and text --- */

WASM_API_EXTERN bool zwasm_wat2wasm(const char* text, size_t size, own wasm_byte_vec_t* out,
                                    own zwasm_error_t** error);
/* The text is not null terminated. */
WASM_API_EXTERN bool zwasm_wasm2wat(const wasm_byte_vec_t* binary, own wasm_byte_vec_t* out,
                                    own zwasm_error_t** error);
/* Binary, text, or what wasm_module_serialize or `zwasm compile` made, told apart by its content.
 */
WASM_API_EXTERN own wasm_module_t* zwasm_module_new(wasm_store_t*, const char* bytes, size_t size,
                                                    own zwasm_error_t** error);
/* Reads a file, of the same kinds. */
WASM_API_EXTERN own wasm_module_t* zwasm_module_load(wasm_store_t*, const char* path,
                                                     own zwasm_error_t** error);
/* As wasm_module_deserialize, with the reason when it fails: the bytes are damaged, of another
 * version, not sealed with this user's key, or made for another processor or other settings. */
WASM_API_EXTERN own wasm_module_t* zwasm_module_deserialize(wasm_store_t*, const wasm_byte_vec_t*,
                                                            own zwasm_error_t** error);
/* UNSAFE: the same, whoever sealed it. Machine code in the bytes may do anything that this process
 * may: only for bytes of which you know that wasm_module_serialize or `zwasm compile` made them. */
WASM_API_EXTERN own wasm_module_t* zwasm_module_deserialize_trusted(wasm_store_t*,
                                                                    const wasm_byte_vec_t*,
                                                                    own zwasm_error_t** error);
/* Code for another machine, or for a certain processor: what wasm_module_deserialize takes there.
 * `arch` is "x86-64" or "arm64", `cpu` a list as for --cpu of `zwasm compile`; null: this one. */
WASM_API_EXTERN bool zwasm_module_precompile(const wasm_module_t*, const char* arch,
                                             const char* cpu, own wasm_byte_vec_t* out,
                                             own zwasm_error_t** error);
/* Null if the bytes are a valid module, else why not. */
WASM_API_EXTERN own zwasm_error_t* zwasm_module_check(wasm_store_t*, const wasm_byte_vec_t* binary);

/* --- limits --- */

/* What one store may use; see zwasm_limits_none. */
typedef struct zwasm_limits_t {
  uint64_t max_memory_bytes;   /* of all memories together */
  uint64_t max_table_elements; /* of all tables together */
  uint64_t max_instances;
  uint64_t max_memories;
  uint64_t max_tables;
  uint32_t max_backtrace;    /* frames kept of a backtrace */
  bool trap_on_grow_failure; /* instead of returning -1 to the guest */
  uint64_t max_gc_heap;      /* bytes of the garbage-collected heap; for zwasm_store_new only */
  uint32_t max_threads;      /* of wasi-threads, alive at the same time */
} zwasm_limits_t;
/* No limits (and 32 frames): a start to change what matters. */
WASM_API_EXTERN zwasm_limits_t zwasm_limits_none(void);
/* A store with limits from the beginning. */
WASM_API_EXTERN own wasm_store_t* zwasm_store_new(wasm_engine_t*, const zwasm_limits_t*);
/* For what is made or grown from now on. */
WASM_API_EXTERN void zwasm_store_set_limits(wasm_store_t*, const zwasm_limits_t*);

/* False if the engine does not meter fuel. */
WASM_API_EXTERN bool zwasm_store_set_fuel(wasm_store_t*, uint64_t fuel);
WASM_API_EXTERN uint64_t zwasm_store_fuel(const wasm_store_t*);
/* From now on, calls end after so long, also when they are blocked in WASI; 0: no limit. */
WASM_API_EXTERN void zwasm_store_set_timeout(wasm_store_t*, uint64_t nanoseconds);

/* Stops running code from any thread or signal handler; may outlive its store. */
typedef struct zwasm_interrupt_handle_t zwasm_interrupt_handle_t;
WASM_API_EXTERN own zwasm_interrupt_handle_t* zwasm_store_interrupt_handle(const wasm_store_t*);
WASM_API_EXTERN void zwasm_interrupt(const zwasm_interrupt_handle_t*);
WASM_API_EXTERN void zwasm_interrupt_handle_delete(own zwasm_interrupt_handle_t*);
/* Allows calls again after an interrupt or a timeout. */
WASM_API_EXTERN void zwasm_store_clear_interrupt(wasm_store_t*);

/* The garbage-collected heap: collects it now; bytes that live in it. */
WASM_API_EXTERN void zwasm_store_collect(wasm_store_t*);
WASM_API_EXTERN uint64_t zwasm_store_heap_bytes(const wasm_store_t*);

/* Gets every passage between host and guest, on the thread of the call; null takes it away. It must
 * not call functions of the store. */
typedef uint8_t zwasm_call_event_t;
enum zwasm_call_event_enum {
  ZWASM_CALLING_WASM,
  ZWASM_RETURNING_FROM_WASM,
  ZWASM_CALLING_HOST,
  ZWASM_RETURNING_FROM_HOST,
};
/* What the hook may ask for while it runs; strings live as long. */
typedef struct zwasm_call_t zwasm_call_t;
WASM_API_EXTERN void zwasm_store_set_call_hook(wasm_store_t*,
                                               void (*hook)(void* env, const zwasm_call_t*),
                                               void* env);
WASM_API_EXTERN zwasm_call_event_t zwasm_call_event(const zwasm_call_t*);
/* A guest's function: the names of its module and its own, empty if unknown. A host function: the
 * names under which the caller imports it. */
WASM_API_EXTERN const char* zwasm_call_module_name(const zwasm_call_t*);
WASM_API_EXTERN const char* zwasm_call_func_name(const zwasm_call_t*);
/* Of a guest's function, in its module; UINT32_MAX for host functions. */
WASM_API_EXTERN uint32_t zwasm_call_func_index(const zwasm_call_t*);
/* Of the events ZWASM_CALLING_…; else empty. */
WASM_API_EXTERN void zwasm_call_arguments(const zwasm_call_t*, own wasm_val_vec_t* out);
/* Of the events ZWASM_RETURNING_…, if the call returned; else empty. */
WASM_API_EXTERN void zwasm_call_results(const zwasm_call_t*, own wasm_val_vec_t* out);
/* Why the call failed; null if it returned, or is only beginning. */
WASM_API_EXTERN own wasm_trap_t* zwasm_call_trap(const zwasm_call_t*);
/* A WASI function that returns: its call with arguments, errno and results as the audit trail shows
 * them, and the errno's number if `error` is not null. Null for other functions and events. */
WASM_API_EXTERN const char* zwasm_call_wasi(const zwasm_call_t*, uint16_t* error);

/* A pointer of the embedder's, for its callbacks. */
WASM_API_EXTERN void zwasm_store_set_data(wasm_store_t*, void* data);
WASM_API_EXTERN void* zwasm_store_data(const wasm_store_t*);

/* --- memories, checked --- */

/* False, and nothing done, if it is out of bounds. */
WASM_API_EXTERN bool zwasm_memory_read(const wasm_memory_t*, uint64_t offset, void* to,
                                       size_t size);
WASM_API_EXTERN bool zwasm_memory_write(wasm_memory_t*, uint64_t offset, const void* from,
                                        size_t size);

/* --- shared memories --- */

/* A memory that several stores, and their threads, use at the same time. Any thread. */
typedef struct zwasm_shared_memory_t zwasm_shared_memory_t;
/* Error: the pages cannot be had. */
WASM_API_EXTERN own zwasm_shared_memory_t* zwasm_shared_memory_new(const wasm_engine_t*,
                                                                   uint32_t min_pages,
                                                                   uint32_t max_pages,
                                                                   own zwasm_error_t** error);
/* The memory of a store, for others; null if it is not shared. */
WASM_API_EXTERN own zwasm_shared_memory_t* zwasm_memory_share(const wasm_memory_t*);
/* The same memory in a store, to be imported there. */
WASM_API_EXTERN own wasm_memory_t* zwasm_memory_from_shared(wasm_store_t*,
                                                            const zwasm_shared_memory_t*);
WASM_API_EXTERN own zwasm_shared_memory_t* zwasm_shared_memory_copy(const zwasm_shared_memory_t*);
WASM_API_EXTERN void zwasm_shared_memory_delete(own zwasm_shared_memory_t*);
/* The contents never move; other threads may write them at any time. */
WASM_API_EXTERN uint8_t* zwasm_shared_memory_data(const zwasm_shared_memory_t*);
WASM_API_EXTERN size_t zwasm_shared_memory_data_size(const zwasm_shared_memory_t*);
WASM_API_EXTERN uint64_t zwasm_shared_memory_size(const zwasm_shared_memory_t*); /* pages */
/* False, and nothing done, if it cannot grow by so many pages. */
WASM_API_EXTERN bool zwasm_shared_memory_grow(zwasm_shared_memory_t*, uint64_t pages);

/* --- objects of the guest: numbers of 31 bits, structs, arrays, exceptions --- */

/* References to them are values of kind WASM_EXTERNREF; like all of wasm_ref_t, they keep what they
 * refer to alive. What cannot be done (another kind of object, an index out of range, a value of
 * another type, something immutable) gives null or false and an error. */
typedef uint8_t zwasm_refkind_t;
enum zwasm_refkind_enum {
  ZWASM_REF_NULL,
  ZWASM_REF_FUNC,
  ZWASM_REF_HOST, /* wasm_foreign_t and other objects of the host's */
  ZWASM_REF_I31,
  ZWASM_REF_STRUCT,
  ZWASM_REF_ARRAY,
  ZWASM_REF_EXCEPTION,
};
WASM_API_EXTERN zwasm_refkind_t zwasm_ref_kind(const wasm_ref_t*);

/* The upper bit of the value is dropped; it comes back sign-extended. */
WASM_API_EXTERN own wasm_ref_t* zwasm_i31_new(wasm_store_t*, int32_t value);
WASM_API_EXTERN bool zwasm_i31_get(const wasm_ref_t*, int32_t* value);
/* An object of the type that the module defines under that index: a struct with a value per field,
 * an array with its elements. */
WASM_API_EXTERN own wasm_ref_t* zwasm_struct_new(wasm_store_t*, const wasm_module_t*,
                                                 uint32_t type_index, const wasm_val_vec_t* fields,
                                                 own zwasm_error_t** error);
WASM_API_EXTERN own wasm_ref_t* zwasm_array_new(wasm_store_t*, const wasm_module_t*,
                                                uint32_t type_index, const wasm_val_vec_t* elements,
                                                own zwasm_error_t** error);
/* Fields of a struct, elements of an array. Packed ones are zero-extended on reading and wrapped on
 * writing. */
WASM_API_EXTERN bool zwasm_struct_get(const wasm_ref_t*, uint32_t field, own wasm_val_t* out,
                                      own zwasm_error_t** error);
WASM_API_EXTERN bool zwasm_struct_set(const wasm_ref_t*, uint32_t field, const wasm_val_t*,
                                      own zwasm_error_t** error);
WASM_API_EXTERN bool zwasm_array_length(const wasm_ref_t*, uint32_t* length,
                                        own zwasm_error_t** error);
WASM_API_EXTERN bool zwasm_array_get(const wasm_ref_t*, uint32_t index, own wasm_val_t* out,
                                     own zwasm_error_t** error);
WASM_API_EXTERN bool zwasm_array_set(const wasm_ref_t*, uint32_t index, const wasm_val_t*,
                                     own zwasm_error_t** error);
/* Tags are externs of kind WASM_EXTERN_TAG, distinct from all others; an exception carries the
 * values of its tag's parameters. */
WASM_API_EXTERN own wasm_extern_t* zwasm_tag_new(wasm_store_t*, const wasm_tagtype_t*);
WASM_API_EXTERN own wasm_ref_t* zwasm_exception_new(wasm_store_t*, const wasm_extern_t* tag,
                                                    const wasm_val_vec_t* payload,
                                                    own zwasm_error_t** error);
WASM_API_EXTERN own wasm_extern_t* zwasm_exception_tag(const wasm_ref_t*);
WASM_API_EXTERN bool zwasm_exception_payload(const wasm_ref_t*, own wasm_val_vec_t* out);

/* --- WASI --- */

/* What a guest of WASI Preview 1 may do: nothing that is not granted here. */
typedef struct zwasm_wasi_t zwasm_wasi_t;
WASM_API_EXTERN own zwasm_wasi_t* zwasm_wasi_new(void);
WASM_API_EXTERN void zwasm_wasi_delete(own zwasm_wasi_t*);
/* The first is the program's name. */
WASM_API_EXTERN void zwasm_wasi_set_args(zwasm_wasi_t*, size_t count, const char* const args[]);
/* The arguments of this process, its name included. */
WASM_API_EXTERN void zwasm_wasi_inherit_args(zwasm_wasi_t*);
WASM_API_EXTERN void zwasm_wasi_set_env(zwasm_wasi_t*, const char* name, const char* value);
WASM_API_EXTERN void zwasm_wasi_inherit_env(zwasm_wasi_t*);
WASM_API_EXTERN void zwasm_wasi_inherit_stdio(zwasm_wasi_t*);
WASM_API_EXTERN void zwasm_wasi_set_stdin(zwasm_wasi_t*, const char* bytes, size_t size);
/* Keeps what the guest writes, at most 64 MiB; zwasm_wasi_stdout and _stderr give what there is
 * so far, from any thread. */
WASM_API_EXTERN void zwasm_wasi_capture_stdout(zwasm_wasi_t*);
WASM_API_EXTERN void zwasm_wasi_capture_stderr(zwasm_wasi_t*);
WASM_API_EXTERN void zwasm_wasi_stdout(const zwasm_wasi_t*, own wasm_byte_vec_t* out);
WASM_API_EXTERN void zwasm_wasi_stderr(const zwasm_wasi_t*, own wasm_byte_vec_t* out);
/* Gets what the guest writes as it writes it, on the thread that writes. */
WASM_API_EXTERN void zwasm_wasi_set_stdout_sink(
    zwasm_wasi_t*, void (*sink)(void* env, const char* bytes, size_t size), void* env);
WASM_API_EXTERN void zwasm_wasi_set_stderr_sink(
    zwasm_wasi_t*, void (*sink)(void* env, const char* bytes, size_t size), void* env);
/* Files of the host's, opened by zwasm_store_set_wasi; output goes to a new or emptied file. */
WASM_API_EXTERN void zwasm_wasi_set_stdin_file(zwasm_wasi_t*, const char* path);
WASM_API_EXTERN void zwasm_wasi_set_stdout_file(zwasm_wasi_t*, const char* path);
WASM_API_EXTERN void zwasm_wasi_set_stderr_file(zwasm_wasi_t*, const char* path);
/* How many descriptors the guest may have open at the same time (default 65536). */
WASM_API_EXTERN void zwasm_wasi_set_max_descriptors(zwasm_wasi_t*, uint32_t count);
/* A directory of the host's under a name of the guest's. */
WASM_API_EXTERN void zwasm_wasi_preopen(zwasm_wasi_t*, const char* host, const char* guest,
                                        bool writable);
/* A file of a directory that exists in memory only, as `guest`; directories in between are made. */
WASM_API_EXTERN bool zwasm_wasi_add_file(zwasm_wasi_t*, const char* guest, const char* path,
                                         const char* bytes, size_t size, own zwasm_error_t** error);
/* The contents of such a file now; false if there is none. */
WASM_API_EXTERN bool zwasm_wasi_read_file(const zwasm_wasi_t*, const char* guest, const char* path,
                                          own wasm_byte_vec_t* out);
WASM_API_EXTERN void zwasm_wasi_allow_clocks(zwasm_wasi_t*, bool on);
WASM_API_EXTERN void zwasm_wasi_allow_random(zwasm_wasi_t*, bool on);
WASM_API_EXTERN void zwasm_wasi_allow_threads(zwasm_wasi_t*, bool on);
/* Gets a line for every WASI call, null terminated, on the thread that makes the call. */
WASM_API_EXTERN void zwasm_wasi_trace(zwasm_wasi_t*, void (*sink)(void* env, const char* line),
                                      void* env);
/* Fails when a directory cannot be opened. */
WASM_API_EXTERN bool zwasm_store_set_wasi(wasm_store_t*, const zwasm_wasi_t*,
                                          own zwasm_error_t** error);

/* --- host functions that see who calls --- */

/* The call that a callback serves; valid during the callback only. */
typedef struct zwasm_caller_t zwasm_caller_t;
WASM_API_EXTERN wasm_store_t* zwasm_caller_store(const zwasm_caller_t*);
/* An export of the instance whose code calls; null if there is none, or the host calls. */
WASM_API_EXTERN own wasm_extern_t* zwasm_caller_export(const zwasm_caller_t*, const char* name);
/* Its exported memory "memory", which pointers usually refer to. */
WASM_API_EXTERN own wasm_memory_t* zwasm_caller_memory(const zwasm_caller_t*);

typedef own wasm_trap_t* (*zwasm_func_callback_t)(void* env, const zwasm_caller_t*,
                                                  const wasm_val_vec_t* args,
                                                  wasm_val_vec_t* results);
/* The finalizer, if not null, gets `env` once nothing can call the function any more. */
WASM_API_EXTERN own wasm_func_t* zwasm_func_new(wasm_store_t*, const wasm_functype_t*,
                                                zwasm_func_callback_t, void* env,
                                                void (*finalizer)(void*));

/* --- linking by name --- */

typedef uint8_t zwasm_unknown_imports_t;
enum zwasm_unknown_imports_enum {
  ZWASM_UNKNOWN_IMPORTS_ERROR,   /* instantiation fails */
  ZWASM_UNKNOWN_IMPORTS_TRAP,    /* functions trap when they are called */
  ZWASM_UNKNOWN_IMPORTS_DEFAULT, /* functions return zeros and nulls */
};

/* Not bound to a store, except that what is defined by an extern or an instance belongs to its. */
typedef struct zwasm_linker_t zwasm_linker_t;
WASM_API_EXTERN own zwasm_linker_t* zwasm_linker_new(const wasm_engine_t*);
WASM_API_EXTERN void zwasm_linker_delete(own zwasm_linker_t*);
/* One with the same definitions, which goes its own way from then on. */
WASM_API_EXTERN own zwasm_linker_t* zwasm_linker_copy(const zwasm_linker_t*);
WASM_API_EXTERN void zwasm_linker_define(zwasm_linker_t*, const char* module, const char* name,
                                         const wasm_extern_t*);
WASM_API_EXTERN void zwasm_linker_define_func(zwasm_linker_t*, const char* module, const char* name,
                                              const wasm_functype_t*, zwasm_func_callback_t,
                                              void* env, void (*finalizer)(void*));
/* Every export of an instance, under a module name. */
WASM_API_EXTERN void zwasm_linker_define_instance(zwasm_linker_t*, const char* module,
                                                  const wasm_instance_t*);
/* Instantiates a module, calls `_initialize` if it exports that, and defines its exports under a
 * name. A trap goes to `trap`, every other failure to `error`; both may be null. */
WASM_API_EXTERN own wasm_instance_t* zwasm_linker_define_module(zwasm_linker_t*, wasm_store_t*,
                                                                const char* name,
                                                                const wasm_module_t*,
                                                                own wasm_trap_t** trap,
                                                                own zwasm_error_t** error);
/* wasi_snapshot_preview1 and wasi_unstable; what they may do is said by zwasm_store_set_wasi. */
WASM_API_EXTERN void zwasm_linker_define_wasi(zwasm_linker_t*);
/* wasi.thread-spawn, for stores whose WASI allows threads. */
WASM_API_EXTERN void zwasm_linker_define_wasi_threads(zwasm_linker_t*);
WASM_API_EXTERN void zwasm_linker_set_unknown_imports(zwasm_linker_t*, zwasm_unknown_imports_t);
/* Whether a definition may replace an earlier one of the same names, as it may at first. Once it
 * may not, the earlier one stays, and instantiating anything is an error that names the second. */
WASM_API_EXTERN void zwasm_linker_set_allow_shadowing(zwasm_linker_t*, bool on);
/* What an import of these names would get; null if nothing is defined. */
WASM_API_EXTERN own wasm_extern_t* zwasm_linker_get(const zwasm_linker_t*, wasm_store_t*,
                                                    const char* module, const char* name);
/* What running the module defined under a name means: its function "", or else "_start"; of a
 * library, which has neither, a function that does nothing. */
WASM_API_EXTERN own wasm_func_t* zwasm_linker_get_default(const zwasm_linker_t*, wasm_store_t*,
                                                          const char* module,
                                                          own zwasm_error_t** error);
/* A trap of the start function goes to `trap`, every other failure to `error`; both may be null. */
WASM_API_EXTERN own wasm_instance_t* zwasm_linker_instantiate(const zwasm_linker_t*, wasm_store_t*,
                                                              const wasm_module_t*,
                                                              own wasm_trap_t** trap,
                                                              own zwasm_error_t** error);
/* A module whose imports a linker has found, to be instantiated often, in any store. Any thread. */
typedef struct zwasm_instance_pre_t zwasm_instance_pre_t;
WASM_API_EXTERN own zwasm_instance_pre_t* zwasm_linker_instantiate_pre(const zwasm_linker_t*,
                                                                       const wasm_module_t*,
                                                                       own zwasm_error_t** error);
WASM_API_EXTERN void zwasm_instance_pre_delete(own zwasm_instance_pre_t*);
WASM_API_EXTERN own wasm_instance_t* zwasm_instance_pre_instantiate(const zwasm_instance_pre_t*,
                                                                    wasm_store_t*,
                                                                    own wasm_trap_t** trap,
                                                                    own zwasm_error_t** error);
/* An export by name; null if there is none. */
WASM_API_EXTERN own wasm_extern_t* zwasm_instance_export(const wasm_instance_t*, const char* name);

#undef own

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* ZWASM_H */
