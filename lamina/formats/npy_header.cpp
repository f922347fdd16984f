// Parsing and writing of .npy headers. The text is a Python literal; only what NumPy itself writes is
// accepted.
#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/formats/detail/npy_header.h"

namespace lamina::detail {
namespace {

struct Descr {
  std::string_view text;  // without the byte-order character
  DType dtype;
};
constexpr Descr kDescrs[] = {{"b1", DType::kBool},    {"i1", DType::kInt8},     {"i2", DType::kInt16},
                             {"i4", DType::kInt32},   {"i8", DType::kInt64},    {"u1", DType::kUInt8},
                             {"f2", DType::kFloat16}, {"V2", DType::kBFloat16}, {"f4", DType::kFloat32},
                             {"f8", DType::kFloat64}};

// NumPy's unsigned integers that no DType is as wide as, and the signed one that holds them.
constexpr Descr kUnsigned[] = {{"u2", DType::kInt32}, {"u4", DType::kInt64}, {"u8", DType::kInt64}};

// Walks over the literal {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class Literal {
 public:
  Literal(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw FileError("'" + name_ + "' is not a readable .npy file: " + what);
  }

  bool take(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void expect(std::string_view token) {
    if (!take(token)) {
      fail("expected '" + std::string(token) + "' at character " + std::to_string(at_) + " of its header");
    }
  }

  std::string_view string() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"')
      fail("expected a string at character " + std::to_string(at_) + " of its header");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a string of its header does not end");
    const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return value;
  }

  int64_t extent() {
    skip_space();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0)
      fail("an extent of its shape is not a whole number from 0 to 2^63 - 1");
    at_ = static_cast<size_t>(end - text_.data());
    take("L");  // Python 2 wrote long integers so
    return value;
  }

  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;
};

Shape parse_shape(Literal& literal) {
  std::vector<int64_t> dims;
  literal.expect("(");
  while (!literal.take(")")) {
    dims.push_back(literal.extent());
    if (!literal.take(",")) {
      literal.expect(")");
      break;
    }
  }
  if (dims.size() > static_cast<size_t>(Shape::kMaxRank)) {
    literal.fail("it has " + std::to_string(dims.size()) + " axes; at most " +
                 std::to_string(Shape::kMaxRank) + " are supported");
  }
  // Zero extents do not excuse the others: later code multiplies in any order.
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 16;
  int64_t product = 1;
  for (const int64_t dim : dims) {
    if (dim > kMost / product)
      literal.fail("its shape " + Shape(dims).str() + " is too large for any memory");
    product *= std::max<int64_t>(dim, 1);
  }
  return Shape(dims);
}

// "U3" or "S10": the bytes of one string, or 0.
size_t text_bytes(std::string_view descr) {
  if (descr.size() < 2 || (descr[0] != 'U' && descr[0] != 'S')) return 0;
  uint32_t length = 0;
  const auto [end, error] = std::from_chars(descr.data() + 1, descr.data() + descr.size(), length);
  if (error != std::errc() || end != descr.data() + descr.size() || length > (1u << 20)) return 0;
  return size_t{length} * (descr[0] == 'U' ? 4 : 1);
}

void parse_descr(Literal& literal, NpyHeader& header, bool text_allowed) {
  if (literal.take("["))
    literal.fail("it holds records with named fields; one plain element type was expected");
  const std::string_view descr = literal.string();
  header.descr = descr.substr(0, 40);
  const char order = descr.empty() ? '\0' : descr[0];
  if (order == '<' || order == '>' || order == '|' || order == '=') {
    header.big_endian = order == '>';
    const std::string_view type = descr.substr(1);
    for (const Descr& known : kDescrs) {
      if (type != known.text) continue;
      header.type.dtype = known.dtype;
      header.element = size_of(known.dtype);
      return;
    }
    for (const Descr& known : kUnsigned) {
      if (type != known.text) continue;
      header.type.dtype = known.dtype;
      header.stored = NpyStored::kUnsigned;
      header.element = static_cast<size_t>(known.text[1] - '0');
      return;
    }
    if (const size_t bytes = text_allowed ? text_bytes(type) : 0) {
      header.stored = type[0] == 'U' ? NpyStored::kUnicode : NpyStored::kBytes;
      header.element = bytes;
      return;
    }
  }
  std::string list;
  for (const Descr& known : kDescrs)
    list += (list.empty() ? "" : ", ") + std::string(lamina::name(known.dtype));
  literal.fail("its element type '" + header.descr + "' is not one of " + list + ", uint16, uint32, uint64");
}

}  // namespace

NpyHeader parse_npy_header(std::string_view bytes, const std::string& name, bool text_allowed) {
  Literal nothing("", name);
  if (!bytes.starts_with(kNpyMagic)) nothing.fail("it does not start as one");
  if (bytes.size() < 10) nothing.fail("it is truncated in its header");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3)
    nothing.fail("format version " + std::to_string(version) + "; 1 to 3 are supported");
  const size_t length_size = version == 1 ? 2 : 4;
  const size_t start = kNpyMagic.size() + 2 + length_size;
  size_t length = 0;
  for (size_t i = 0; i < length_size && 8 + i < bytes.size(); ++i) {
    length |= static_cast<size_t>(static_cast<unsigned char>(bytes[8 + i])) << (8 * i);
  }
  if (bytes.size() < start || bytes.size() - start < length) {
    nothing.fail("it is truncated: its header should have " + std::to_string(length) + " bytes");
  }

  NpyHeader header;
  header.data_offset = start + length;
  Literal literal(bytes.substr(start, length), name);
  bool has_descr = false, has_order = false, has_shape = false;
  literal.expect("{");
  while (!literal.take("}")) {
    const std::string_view key = literal.string();
    literal.expect(":");
    // One element type would be read with another's size.
    if ((has_descr && key == "descr") || (has_order && key == "fortran_order") || (has_shape && key == "shape"))
      literal.fail("its header has the key '" + std::string(key) + "' twice");
    if (key == "descr") {
      parse_descr(literal, header, text_allowed);
      has_descr = true;
    } else if (key == "fortran_order") {
      header.fortran_order = literal.take("True");
      if (!header.fortran_order) literal.expect("False");
      has_order = true;
    } else if (key == "shape") {
      header.type.shape = parse_shape(literal);
      has_shape = true;
    } else {
      literal.fail("its header has the unknown key '" + std::string(key.substr(0, 40)) + "'");
    }
    if (!literal.take(",")) {
      literal.expect("}");
      break;
    }
  }
  if (!literal.at_end()) literal.fail("text follows its header");
  if (!has_descr || !has_order || !has_shape) {
    literal.fail("its header lacks one of 'descr', 'fortran_order' and 'shape'");
  }
  return header;
}

namespace {

std::string header_of(const std::string& descr, const Shape& shape) {
  std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape.str() + ", }";
  // The elements start at a multiple of 64.
  constexpr size_t kPrefix = 10;
  text.append(63 - (kPrefix + text.size()) % 64, ' ');
  text += '\n';
  std::string header(kNpyMagic);
  header += '\x01';
  header += '\0';
  header += static_cast<char>(text.size() & 255);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace

std::string npy_header(const TensorType& type) {
  std::string descr;
  for (const Descr& known : kDescrs) {
    if (known.dtype != type.dtype) continue;
    descr += size_of(type.dtype) == 1 ? '|' : '<';
    descr += known.text;
  }
  return header_of(descr, type.shape);
}

std::string npy_text_header(size_t characters, const Shape& shape) {
  return header_of("<U" + std::to_string(characters), shape);
}

}  // namespace lamina::detail
