// Branches and loops of TensorFlow 1. Internal header.
#pragma once

#include <set>
#include <string>

#include <tensorflow.pb.h>

namespace lamina::tensorflow {

/// Makes nodes If and While, with functions for their branches and bodies, of the Switch, Merge, Enter, Exit,
/// NextIteration and LoopCond of TensorFlow 1. What has another form than tf.cond and tf.while_loop gave it
/// stays as it is: who needs it names it as unknown. Of branches that a constant decides about only the one that is
/// taken is left.
/// @param given  the names of nodes whose values callers give, so that their defaults decide nothing.
void make_branches(lamina_tensorflow_file::GraphDef& graph, const std::set<std::string>& given);

}  // namespace lamina::tensorflow
