// What the walk through the registry demands of every op, so that it can be tried on ops that lack something.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/graph/op.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {

/// op -> the test file that covers an op without rows, and what it checks there.
using Reasons = std::vector<std::pair<std::string, std::string>>;

/// What is missing, one line each, empty when all is well. Every op must have a description of one line,
/// names of its outputs, a way to run on the CPU, a count of its operations, and rows or a reason for having none. Among its rows one
/// must compare elements with a reference, and one must check the gradient if a vjp can give one: that of
/// floating outputs with elements with respect to floating arguments with elements.
std::vector<std::string> missing(const std::vector<const Op*>& ops, const std::vector<OpRow>& rows,
                                 const Reasons& reasons);

}  // namespace lamina::testing
