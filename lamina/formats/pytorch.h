// PyTorch's files of tensors: what torch.save writes of a state_dict.
#pragma once

#include <string>

#include "lamina/formats/snapshot.h"

namespace lamina {

/// The tensors of a .pt, .pth or .bin file: a zip archive, or the older format of PyTorch before 1.6. Nested
/// dictionaries give dotted names; the names within "state_dict", "model_state_dict" or "model" stand without
/// that word. Views, tensors that share a storage and parameters are what they are in PyTorch. Numbers, texts
/// and lists beside them ("epoch") are the snapshot's metadata; tensors of types that Lamina does not have
/// (complex numbers, unsigned integers of 16 bits and more, quantised ones) are skipped by name.
///
/// The pickle in such a file is a program. It is read by a machine that knows what tensors are made of and
/// runs nothing: a file that asks for any other class or function is refused, with its name. Throws FileError
/// then, for damaged files, and for tensors that would take far more memory than the file has bytes.
WeightSnapshot read_pytorch(const std::string& path);

/// Puts the tensors of a PyTorch model into a Lamina model of the same architecture: by the layers' names
/// where each has its counterpart of that name ("fc1.weight" and a layer "fc1"), else in the order of the
/// layers. Weights get Keras's layout: matrices and kernels are transposed, gates of GRU reordered, running
/// statistics find their names; where a Dense follows a Flatten of pictures, its rows are those of channels
/// last. Counters of batches are skipped. What PyTorch and Keras compute differently is the model's matter:
/// epsilon of BatchNormalization, padding, reset_after of GRU.
///
/// Nothing is changed unless everything fits: LoadReport::complete tells. Names in the report are those of
/// the file; `missing` are weights of the model. Throws FileError as read_pytorch does, and InvalidArgument
/// for a model that is not built.
LoadReport load_state_dict(Model& model, const std::string& path);
/// The same of a snapshot, of a .safetensors file with a PyTorch model's weights, say.
LoadReport apply_state_dict(Model& model, const WeightSnapshot& snapshot);

}  // namespace lamina
