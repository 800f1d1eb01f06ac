/// diffhep for C++17 and later: diffhep.h with exceptions, models that free themselves, and
/// containers.
///
/// Nothing but the standard library and diffhep.h is needed; the guide is docs/cpp.md. The rules of
/// diffhep.h hold here too: matrices are one array after the other, outputs overlap nothing, the
/// same arguments give the same bits. Beyond them:
///
/// - A function that fails throws an Error, whose text names the function, what was found and what
///   to do.
/// - Arrays are views, made of any container of doubles (std::vector, std::array, a C array,
///   std::span) or of pointer and length. An empty view leaves an optional argument out. Views do
///   not own: a container must live as long as the call.
/// - What returns a std::vector allocates it. Functions named `..._into`, and kernels that take a
///   View, write into the caller's memory and allocate none of their own.
/// - A `_vjp` (vector-Jacobian product) adds to its outputs: set them to 0 first.
/// - Threads: every function may be called on any number of threads at once, the const ones of a
///   shared Model too. Moving or destroying a Model needs it alone, as with any object.


#ifndef DIFFHEP_HPP
#define DIFFHEP_HPP

#include "diffhep/core.hpp"
#include "diffhep/kernels.hpp"
#include "diffhep/model.hpp"
#include "diffhep/values.hpp"

#endif // DIFFHEP_HPP
