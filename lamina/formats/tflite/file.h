// File: the tables of a TFLite file, verified before anything looks at them. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tflite_generated.h>

namespace lamina::tflite {

namespace fb = lamina_tflite_file;

/// Reads only what lies inside of the bytes; these must outlive it.
class File {
 public:
  /// Throws InvalidArgument for bytes that are no TFLite file of version 3, or a damaged one: offsets that
  /// lead outside, tables nested too deep, lists of things that are not there.
  explicit File(std::string_view bytes);

  const fb::Model& model() const { return *model_; }
  size_t size() const { return bytes_.size(); }
  /// The data of a buffer, inside of the tables or behind them; nothing for an empty one. Throws
  /// InvalidArgument for a buffer that is not there or reaches beyond the end.
  std::string_view buffer(uint32_t index) const;
  /// `size` bytes at `offset`. Throws InvalidArgument where the file ends before.
  std::string_view range(uint64_t offset, uint64_t size) const;
  /// The builtin operator of that kind, or its place beyond all that are known.
  static int code(const fb::OperatorCode& operator_code);
  /// "CONV_2D"; the name that a custom operator has in the file; "operator 300" for one of the future.
  static std::string name(const fb::OperatorCode& operator_code);

 private:
  void require_lists() const;

  std::string_view bytes_;
  const fb::Model* model_ = nullptr;
};

}  // namespace lamina::tflite
