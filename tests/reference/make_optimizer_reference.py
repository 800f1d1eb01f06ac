"""Print what optax and scipy make of the test objectives of src/optimize.

usage: python make_optimizer_reference.py
Needs jax, optax 0.2.8 and scipy 1.17.1 in a virtual environment. The figures are pinned in
src/optimize/methods/tests.rs: trajectories of the first-order methods on
f(x, y) = exp(0.3 x) + (x - y^2)^2 + 0.1 y^4 (free, and projected onto a box after each step), and
minima of Rosenbrock's function in a box.
"""
import jax
import numpy as np
import optax
import scipy.optimize

jax.config.update("jax_enable_x64", True)

START = [1.5, -1.0]
STEPS = 6
BOX = ([0.9, -1.2], [2.0, -0.8])


def curved(z):
    x, y = z
    return jax.numpy.exp(0.3 * x) + (x - y**2) ** 2 + 0.1 * y**4


def trajectory(name, method, box=None):
    parameters = jax.numpy.array(START)
    state = method.init(parameters)
    for _ in range(STEPS):
        updates, state = method.update(jax.grad(curved)(parameters), state, parameters)
        parameters = optax.apply_updates(parameters, updates)
        if box is not None:
            parameters = jax.numpy.clip(parameters, *map(jax.numpy.array, box))
        print(name, [float(x) for x in parameters])


def rosenbrock_minimum(dimensions):
    """Even components within (-2, 0.5), every third from the second at least 0.6."""
    bounds = [(-2.0, 2.0)] * dimensions
    bounds[::2] = [(-2.0, 0.5)] * len(bounds[::2])
    bounds[1::3] = [(0.6, 2.0)] * len(bounds[1::3])
    start = np.clip([-1.2, 1.0] * (dimensions // 2), *np.array(bounds).T)
    found = scipy.optimize.minimize(
        scipy.optimize.rosen,
        start,
        jac=scipy.optimize.rosen_der,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 0.0, "gtol": 1e-11, "maxiter": 100_000, "maxfun": 1_000_000},
    )
    print("rosenbrock", dimensions, float(found.fun), found.nfev, [float(x) for x in found.x])


cosine = optax.cosine_decay_schedule(0.1, STEPS - 1, alpha=0.01)
rmsprop = {"decay": 0.9, "eps": 1e-7, "eps_in_sqrt": False}
trajectory("gradient_descent", optax.sgd(0.05))
trajectory("adam", optax.adam(0.1, b1=0.9, b2=0.999, eps=1e-8))
trajectory("rmsprop", optax.rmsprop(0.05, **rmsprop))
trajectory("adam, cosine", optax.adam(cosine))
trajectory("gradient_descent, box", optax.sgd(0.2), BOX)
trajectory("adam, box", optax.adam(0.3), BOX)
trajectory("rmsprop, box", optax.rmsprop(0.1, **rmsprop), BOX)
rosenbrock_minimum(2)
rosenbrock_minimum(20)
