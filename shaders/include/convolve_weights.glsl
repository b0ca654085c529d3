// SPDX-License-Identifier: MIT
// Where the elements of one output's weights lie: from element `first` of the words that begin at `words` and stand `step` apart.
struct Weights {
    uint words, step, first;
};

// `in_size`: elements of one output that this stretch of channels has.
Weights weights_of(uint o, uint in_size) {
    if (PACKED != 0) return Weights(packed_row(o, packed_row_words(p.row_elements)), 8, p.first_element);
    return Weights(p.weight_offset, 1, o * in_size);
}

float weight_at(Weights w, uint e) { return stored_value(weight.at[w.words + stored_word(w.first + e) * w.step], w.first + e); }
