// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace hekla::text {

/// `pattern`, written for Oniguruma in its Ruby dialect, as PCRE2 (UTF, UCP, MULTILINE) must be
/// told it to match the same: \s \d \w \b \h and their opposites, POSIX classes, names of scripts,
/// (?m). Everything else is passed through. `is_script` tells whether a property's name is that of
/// a script. Throws ComponentError for what cannot be said: classes within classes, && in a class,
/// \W and \H in one.
std::string translate_oniguruma(std::string_view pattern, bool (*is_script)(std::string_view));

}  // namespace hekla::text
