/// diffhep for C++17 and later: diffhep.h with exceptions, models that free themselves, and
/// containers.
///
/// Only the standard library and diffhep.h are needed; the guide is docs/cpp.md. The rules of
/// diffhep.h also apply here: matrices are consecutive arrays, outputs overlap nothing, the same
/// arguments give the same bits. In addition:
///
/// - A function that fails throws an Error, whose text says which function failed, what was found
///   and what to do.
/// - Arrays are views, made from any container of doubles (std::vector, std::array, a C array,
///   std::span) or from a pointer and a length. An empty view leaves an optional argument out.
///   Views do not own: a container must live as long as the call.
/// - Functions that return a std::vector allocate it. Those named `..._into`, and kernels that take
///   a View, write into the caller's memory and allocate none of their own.
/// - A `_vjp` (vector-Jacobian product) adds to its outputs: set them to 0 first.
/// - Threads: every function may be called on any number of threads at once, including the const
///   ones of a shared Model. Moving or destroying a Model requires exclusive access, as with any
///   object.


#ifndef DIFFHEP_HPP
#define DIFFHEP_HPP

#include "diffhep/core.hpp"
#include "diffhep/kernels.hpp"
#include "diffhep/model.hpp"
#include "diffhep/values.hpp"

#endif // DIFFHEP_HPP
