// Whether a graph changes variables before it reads them. Internal header.
#pragma once

#include <string_view>
#include <vector>

#include <tensorflow.pb.h>

#include "lamina/formats/saved_model/graph_builder.h"

namespace lamina::tensorflow {

/// Fills in which functions of `library` change variables and which read them, also through others.
void find_variable_use(Library& library);

/// Variables are weights here, which asking a model never changes. Throws Unsupported, with the names of both
/// nodes, where one of `needed` reads a variable, or calls what does, and may do so only after another one of
/// `nodes` has changed one ("^node" among the inputs): the value that it would read is not the weight.
/// A change that no result waits for is left out in silence: a counter of calls, statistics of a training.
void refuse_reads_after_writes(const std::vector<const lamina_tensorflow_file::NodeDef*>& nodes,
                               const std::vector<const lamina_tensorflow_file::NodeDef*>& needed,
                               const Library& library);

}  // namespace lamina::tensorflow
