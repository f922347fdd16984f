// GGUF, the format of llama.cpp: named tensors, plain or quantised, and values about them.
// lamina.h leaves it out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lamina/formats/snapshot.h"

namespace lamina {

/// The tensors of a GGUF file (versions 2 and 3, little-endian), each read when it is asked for. Plain types
/// (F32, F16, BF16, F64, I8 to I64) come as they are; blocks of Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K,
/// IQ1_S to IQ4_XS, TQ1_0, TQ2_0, MXFP4 and NVFP4 as float32. The file counts axes from the innermost; shapes here are row-major, as
/// everywhere. Metadata are the file's values as JSON: integers up to 63 bits, floats, texts, bools, lists.
/// Throws FileError for damaged files, those of another byte order or version, and, naming tensor and type,
/// for other types of blocks. See https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
WeightSnapshot read_gguf(const std::string& path);

/// Writes a snapshot as GGUF version 3, one tensor at a time; the file is replaced atomically.
/// @param packing  "": all tensors as they are; "q8_0", "q4_0", "q4_1", "q5_0", "q5_1" or "mxfp4": floats
///                 of two axes and more whose innermost extent is a multiple of 32 in such blocks; "q2_k" to
///                 "q6_k", "tq1_0" and "tq2_0" (three values): those whose innermost extent is a multiple of 256. The others are told in the result. The format
///                 leaves open how blocks of 256 are chosen: they are those that lose the least of a few tried.
/// Metadata become values of the format: texts, bools, integers (uint32 where they fit), floats, lists of one
/// kind; anything else a text of JSON. "general.architecture" is "lamina" unless they say otherwise. Throws
/// Unsupported for bool and uint8 and for more than four axes, InvalidArgument for a name twice or of more
/// than 63 bytes (the format's own limit) and for an unknown packing, FileError.
std::vector<std::string> write_gguf(const std::string& path, const WeightSnapshot& snapshot,
                                    const std::string& packing = "");

}  // namespace lamina
