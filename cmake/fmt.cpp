// fmt's compiled part, once, instead of its shared library. Debian has libfmt only as a shared
// library and only for the machine's own architecture; header-only use would cost every file that
// formats three seconds. So this file instantiates what fmt's headers declare: no dependency at run
// time, a quicker start, and the same for every target.
// Numbers are written the same everywhere; without this, all of libstdc++'s locales come along.
#define FMT_STATIC_THOUSANDS_SEPARATOR ','
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
template auto thousands_sep_impl(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl(locale_ref) -> char;
template void buffer<char>::append(const char*, const char*);
#if FMT_VERSION < 100000
template void vformat_to(buffer<char>&, string_view, basic_format_args<buffer_context<char>>,
                         locale_ref);
#elif FMT_VERSION < 110000
template void vformat_to(buffer<char>&, string_view, vformat_args<>::type, locale_ref);
#endif
}  // namespace detail
FMT_END_NAMESPACE
