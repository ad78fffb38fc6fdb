#pragma once

namespace brandiron::det {

// Transcendental functions that give the same bits on every x86-64, unlike libm's, which pick an
// FMA variant at run time. Relative error under 1e-13 (double) over the stated domains. Use them
// wherever a sample, a draw or a decision of the `lean` path depends on the value (docs/adr/0002).

double exp(double x);  ///< all x; underflows to 0, overflows to +inf
double exp2(double x);
double log(double x);  ///< x > 0; -inf at 0, NaN below
double log2(double x);
double log10(double x);
double pow(double base, double exponent);  ///< base > 0 (0 gives 0 for exponent > 0)
double sin(double x);                      ///< |x| < 1e9
double cos(double x);
double tan(double x);
double tanh(double x);
double atan2(double y, double x);
double sqrt(double x);  ///< IEEE exact

/// 10^(db/20): amplitude ratio of a level in dB.
double db_to_gain(double db);
/// 20 log10(gain); -inf at 0.
double gain_to_db(double gain);
/// 440 * 2^((midi - 69)/12).
double midi_to_hz(double midi);

}  // namespace brandiron::det
