/// What a shared library shows: everything is hidden but what public headers declare, and of that
/// what only stands behind handles.
#pragma once

#if defined(__GNUC__)
#define ZWASM_PUBLIC __attribute__((visibility("default")))
#define ZWASM_HIDDEN __attribute__((visibility("hidden")))
#else
#define ZWASM_PUBLIC
#define ZWASM_HIDDEN
#endif
