// Debian generates this header for the place of shared modules, which WASI does not have.
#define DEB_HOST_MULTIARCH "wasm32-wasi"
