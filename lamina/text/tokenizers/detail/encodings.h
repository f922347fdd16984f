// Encodings put together, cut and filled up.
#pragma once

#include <string>
#include <vector>

#include "lamina/text/tokenizers/encoding.h"

namespace lamina::detail::tokenizers {

/// Appends `other`, combining what both have cut off with each other.
void append(Encoding& encoding, Encoding&& other);

/// Tokens that a post-processor puts in.
struct AddedToken {
  int32_t id;
  std::string token;
};
/// An encoding of one such token.
Encoding encoding_of(const AddedToken& token, int32_t type_id, bool ids_only);

/// Whether only ids are kept: there are ids and no tokens.
inline bool has_ids_only(const Encoding& encoding) { return encoding.tokens.size() != encoding.ids.size(); }

/// Cuts to `length` tokens; the rest goes to `overflowing` in pieces that share `stride` tokens with their
/// neighbours. Throws InvalidArgument when stride is not below length, unless that is 0.
void truncate(Encoding& encoding, int64_t length, int64_t stride, bool left);

/// How pairs are cut: see EncodeOptions::truncation.
struct Truncation {
  std::string strategy = "longest_first";
  int64_t max_length = 512, stride = 0;
  bool left = false;
};
/// Cuts the encodings of one text or a pair to `length` tokens together. Throws InvalidArgument when the
/// strategy cannot.
void truncate(std::vector<Encoding>& encodings, int64_t length, const Truncation& truncation);

struct Padding {
  int64_t length = -1;  ///< -1: the longest of the batch
  int64_t multiple_of = 0;
  bool left = false;
  AddedToken token = {0, "[PAD]"};
  int32_t type_id = 0;
};
void pad(std::vector<Encoding>& encodings, const Padding& padding);

/// Sets every token's type.
void set_type(Encoding& encoding, int32_t type_id);

/// Takes blanks off the offsets of byte-level tokens.
void trim_offsets(Encoding& encoding, bool add_prefix_space);

}  // namespace lamina::detail::tokenizers
