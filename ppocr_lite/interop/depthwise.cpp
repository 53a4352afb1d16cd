// Gradients of a depthwise convolution, channels last, horizontal stride 1, same padding.
// x [n][h][w][c], weight [k][k][c], g (of the output) [n][oh][w][c]; c is a multiple of LANES.
#include <algorithm>
#include <cstring>
#include <thread>
#include <vector>

namespace {

constexpr int LANES = 8;
typedef float Lanes __attribute__((vector_size(4 * LANES), aligned(4)));  // four bytes: rows need no alignment

inline Lanes load(const float* p) { return *reinterpret_cast<const Lanes*>(p); }
inline void store(float* p, Lanes v) { *reinterpret_cast<Lanes*>(p) = v; }

struct Shape {
  long n, h, w, c, oh, stride;
};

// Taps of the kernel's columns that meet the row at x: of the output column x + K / 2 - j.
template <int K>
inline void columns(long x, long w, int& from, int& to) {
  from = static_cast<int>(std::max(0L, x + K / 2 - w + 1));
  to = static_cast<int>(std::min<long>(K, x + K / 2 + 1));
}

template <int K, int WIDE>
inline void input_pixel(const float* const* rows, const int* taps, int count, const float* weight, float* out,
                        long x, long c, long channels, int from, int to) {
  Lanes sum[WIDE] = {};
  for (int t = 0; t < count; t++) {
    const float* g = rows[t] + (x + K / 2) * channels + c;
    const float* q = weight + taps[t] * K * channels + c;
    for (int j = from; j < to; j++)
      for (int v = 0; v < WIDE; v++) sum[v] += load(g - j * channels + v * LANES) * load(q + j * channels + v * LANES);
  }
  for (int v = 0; v < WIDE; v++) store(out + c + v * LANES, sum[v]);
}

// What each input pixel gets from the output pixels that read it, of images first..last - 1.
template <int K>
void of_input(const float* weight, const float* g, float* gx, Shape s, long first, long last) {
  for (long n = first; n < last; n++)
    for (long y = 0; y < s.h; y++) {
      const float* rows[K];
      int taps[K], count = 0;
      for (int i = 0; i < K; i++) {
        const long at = y + K / 2 - i;
        if (at < 0 || at % s.stride || at / s.stride >= s.oh) continue;
        rows[count] = g + (n * s.oh + at / s.stride) * s.w * s.c;
        taps[count++] = i;
      }
      for (long x = 0; x < s.w; x++) {
        float* out = gx + ((n * s.h + y) * s.w + x) * s.c;
        int from, to;
        columns<K>(x, s.w, from, to);
        long c = 0;
        for (; c + 3 * LANES <= s.c; c += 3 * LANES)
          input_pixel<K, 3>(rows, taps, count, weight, out, x, c, s.c, from, to);
        for (; c < s.c; c += LANES) input_pixel<K, 1>(rows, taps, count, weight, out, x, c, s.c, from, to);
      }
    }
}

// Added to gw [K][K][c]: what each tap gets from images first..last - 1. One row of taps at a time is in registers.
template <int K>
void of_weight(const float* x, const float* g, float* gw, Shape s, long first, long last) {
  for (long n = first; n < last; n++)
    for (long oy = 0; oy < s.oh; oy++)
      for (int i = 0; i < K; i++) {
        const long y = oy * s.stride - K / 2 + i;
        if (y < 0 || y >= s.h) continue;
        const float* from = x + (n * s.h + y) * s.w * s.c;
        const float* out = g + (n * s.oh + oy) * s.w * s.c;
        for (long c = 0; c < s.c; c += LANES) {
          Lanes sum[K];
          float* taps = gw + i * K * s.c + c;
          for (int j = 0; j < K; j++) sum[j] = load(taps + j * s.c);
          for (long ox = 0; ox < s.w; ox++) {
            const Lanes value = load(out + ox * s.c + c);
            const long left = ox - K / 2;
            const float* p = from + left * s.c + c;
            if (left >= 0 && left + K <= s.w)
              for (int j = 0; j < K; j++) sum[j] += value * load(p + j * s.c);
            else
              for (int j = 0; j < K; j++)
                if (left + j >= 0 && left + j < s.w) sum[j] += value * load(p + j * s.c);
          }
          for (int j = 0; j < K; j++) store(taps + j * s.c, sum[j]);
        }
      }
}

template <int K>
void both(const float* x, const float* weight, const float* g, float* gx, float* gw, Shape s, long threads) {
  const long size = K * K * s.c;
  threads = std::max(1L, std::min(threads, s.n));
  std::vector<float> parts(threads * size, 0.0f);
  auto run = [&](long t) {
    const long first = s.n * t / threads, last = s.n * (t + 1) / threads;
    of_input<K>(weight, g, gx, s, first, last);
    of_weight<K>(x, g, parts.data() + t * size, s, first, last);
  };
  std::vector<std::thread> others;
  for (long t = 1; t < threads; t++) others.emplace_back(run, t);
  run(0);
  for (auto& other : others) other.join();
  std::memset(gw, 0, size * sizeof(float));
  for (long t = 0; t < threads; t++)
    for (long i = 0; i < size; i++) gw[i] += parts[t * size + i];
}

}  // namespace

extern "C" void depthwise_gradients(const float* x, const float* weight, const float* g, float* gx, float* gw,
                                    long n, long h, long w, long c, long oh, long stride, long kernel, long threads) {
  const Shape shape{n, h, w, c, oh, stride};
  if (kernel == 3) both<3>(x, weight, g, gx, gw, shape, threads);
  if (kernel == 5) both<5>(x, weight, g, gx, gw, shape, threads);
}
