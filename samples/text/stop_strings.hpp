// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hekla::text {

/// Ends a text before the first of some strings, wherever tokens cut it. Text that may be the
/// beginning of a stop string is held back until it is known not to be one. The result does not
/// depend on how the text is cut: the stop string that is complete first ends it; of those complete
/// at the same place the longest.
class StopStrings {
  public:
    /// Empty strings are left out. No strings: everything passes.
    explicit StopStrings(std::vector<std::string> strings);

    /// Takes the next part of the text, returns what may be shown. Nothing after the stop.
    std::string push(std::string_view text);
    /// The text ends here: what was held back.
    std::string finish();

    bool stopped() const { return stopped_; }

  private:
    std::vector<std::string> strings_;
    std::string held_;
    bool stopped_ = false;
};

}  // namespace hekla::text
