// The exponential function and the hyperbolic tangent, 16 at a time. Both are made of sums,
// products and quotients in one order, so every build and every processor gives the same bits.

#pragma once

#include "lanes.hpp"

namespace hanabi {

// e to the x, for x up to 0, to about one unit in the last place; 0 below -87, and NaN for NaN. The
// polynomial is that of Cephes' expf.
inline Floats exponential(Floats x) {
    const Mask vanishes = above(all(-87.f), x);
    x = where(vanishes, zero(), x);
    const Floats n = nearest(x * all(1.44269504f));
    Floats r = minus_product(n, all(0.693359375f), x);
    r = minus_product(n, all(-2.12194440e-4f), r);
    Floats p = all(1.9875691500e-4f);
    for (float c :
         {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
        p = fma(p, r, all(c));
    p = fma(p, r * r, r + all(1.f));
    return where(vanishes, zero(), times_power(p, n));
}

// The hyperbolic tangent, to about two units in the last place. Near 0, where the exponentials
// would cancel each other, it is the polynomial of Cephes' tanhf.
inline Floats hyperbolic_tangent(Floats x) {
    const Floats size = absolute(x), square = x * x, one = all(1.f);
    const Floats e = exponential(zero() - (size + size));
    const Floats large = (one - e) / (one + e);
    Floats p = all(-5.70498872745e-3f);
    for (float c : {2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f})
        p = fma(p, square, all(c));
    const Floats small = fma(p * square, x, x);
    const Floats with_sign = where(above(zero(), x), zero() - large, large);
    return where(above(all(0.625f), size), small, with_sign);
}

}  // namespace hanabi
