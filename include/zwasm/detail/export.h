/// What a shared library shows: everything is hidden but what public headers declare.
#pragma once

#if defined(__GNUC__)
#define ZWASM_PUBLIC __attribute__((visibility("default")))
#else
#define ZWASM_PUBLIC
#endif
