// Attention over a KV cache that many sequences share, for ggml's CPU backend.
//
// ggml computes FLASH_ATTN_EXT for few queries one query head and one cell at a time, and looks at every cell of the cache for each. Here the cells are sorted by
// the set of queries that see them: a prompt that all sequences share is read and converted once for all of them, a picture once for its languages, and a cell
// of another sequence not at all (Hydragen, arXiv:2402.05099; cascade attention in FlashInfer). All query heads of one KV head go together. Sums are kept in f32.
//
// It is put in front of ggml's own kernel through the extra buffer types, where ggml asks for somebody who knows an operation better; whatever isn't
// what is described in fits() goes on to ggml. Needs AVX2, FMA and F16C at run time.
#include "ggml-backend-impl.h"
#include "ggml-cpu-impl.h"
#include "ggml-cpu/traits.h"
#include "ggml-cpu.h"

#include <immintrin.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <sys/mman.h>

// The base classes' destructors are not exported by every build of libggml-cpu.
namespace ggml::cpu {
tensor_traits::~tensor_traits() {}
extra_buffer_type::~extra_buffer_type() {}
}

namespace {

#define KERNEL __attribute__((target("avx2,fma,f16c")))
#define INLINE __attribute__((target("avx2,fma,f16c"), always_inline)) inline

constexpr int kMaxQueries = 64; // bits of a set
constexpr int kBlock = 32;      // cells at a time: 16 KB of f32 for heads of 128, half of a first-level cache
constexpr int kLane = 8;        // floats in a register
constexpr int kMaxHead = 256;

// ---- vectors -------------------------------------------------------------------------------------------------------------------------------------

INLINE __m256 load(const float * p) { return _mm256_loadu_ps(p); }
INLINE __m256 load(const ggml_fp16_t * p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) p)); }

INLINE float sum(__m256 v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

// The sums of four registers.
INLINE __m128 sums(__m256 a, __m256 b, __m256 c, __m256 d) {
    const __m256 s = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    return _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
}

INLINE float max(__m256 v) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

// e^x for x <= 0, to 2 units in the last place; 0 below -87. Cody and Waite's reduction, a minimax polynomial of degree 5 (Cephes expf).
INLINE __m256 exp(__m256 x) {
    const __m256 low = _mm256_set1_ps(-87.0f);
    const __m256 keep = _mm256_cmp_ps(x, low, _CMP_GE_OQ);
    x = _mm256_max_ps(x, low);
    const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    x = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
    x = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), x);
    __m256 y = _mm256_set1_ps(1.9875691500e-4f);
    y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(1.3981999507e-3f));
    y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(8.3334519073e-3f));
    y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(4.1665795894e-2f));
    y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(1.6666665459e-1f));
    y = _mm256_fmadd_ps(y, x, _mm256_set1_ps(5.0000001201e-1f));
    y = _mm256_add_ps(_mm256_fmadd_ps(y, _mm256_mul_ps(x, x), x), _mm256_set1_ps(1.0f));
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_and_ps(_mm256_mul_ps(y, _mm256_castsi256_ps(power)), keep);
}

// ---- a block of cells ----------------------------------------------------------------------------------------------------------------------------

// A query head's running softmax.
struct Row {
    float * q;   // [head], times the scale
    float * o;   // [head], weighted sum of values
    float max;
    float total;
};

// scores[r][c] = q of row r times key of cell c.
template <int R, int C, typename T> INLINE void dots(Row ** rows, const T ** keys, float * scores, int head) {
    __m256 a[R][C];
    for (int r = 0; r < R; r++) {
        for (int c = 0; c < C; c++) { a[r][c] = _mm256_setzero_ps(); }
    }
    for (int d = 0; d < head; d += kLane) {
        __m256 k[C];
        for (int c = 0; c < C; c++) { k[c] = load(keys[c] + d); }
        for (int r = 0; r < R; r++) {
            const __m256 q = load(rows[r]->q + d);
            for (int c = 0; c < C; c++) { a[r][c] = _mm256_fmadd_ps(q, k[c], a[r][c]); }
        }
    }
    if constexpr (C >= 3) {
        // Four are written at once; where there are three, the next ones or block() overwrite the last.
        for (int r = 0; r < R; r++) { _mm_storeu_ps(scores + r * kBlock, sums(a[r][0], a[r][1], a[r][2], a[r][C - 1])); }
    } else {
        for (int r = 0; r < R; r++) {
            for (int c = 0; c < C; c++) { scores[r * kBlock + c] = sum(a[r][c]); }
        }
    }
}

// o of row r += sum of scores[r][c] times value of cell c, for V registers of each value.
template <int R, int V, typename T> INLINE void add(Row ** rows, const T ** values, const float * scores, int cells, int d) {
    __m256 a[R][V];
    for (int r = 0; r < R; r++) {
        for (int v = 0; v < V; v++) { a[r][v] = load(rows[r]->o + d + v * kLane); }
    }
    for (int c = 0; c < cells; c++) {
        __m256 x[V];
        for (int v = 0; v < V; v++) { x[v] = load(values[c] + d + v * kLane); }
        for (int r = 0; r < R; r++) {
            const __m256 p = _mm256_broadcast_ss(scores + r * kBlock + c);
            for (int v = 0; v < V; v++) { a[r][v] = _mm256_fmadd_ps(p, x[v], a[r][v]); }
        }
    }
    for (int r = 0; r < R; r++) {
        for (int v = 0; v < V; v++) { _mm256_storeu_ps(rows[r]->o + d + v * kLane, a[r][v]); }
    }
}

INLINE void scale(float * o, float by, int head) {
    const __m256 b = _mm256_set1_ps(by);
    for (int d = 0; d < head; d += kLane) { _mm256_storeu_ps(o + d, _mm256_mul_ps(load(o + d), b)); }
}

// Scores become weights; those beyond the last cell are -infinity.
INLINE void soften(Row & row, float * scores, int head) {
    __m256 high = load(scores);
    for (int c = kLane; c < kBlock; c += kLane) { high = _mm256_max_ps(high, load(scores + c)); }
    const float most = max(high);
    if (most > row.max) {
        if (row.total > 0) {
            const float by = expf(row.max - most);
            row.total *= by;
            scale(row.o, by, head);
        }
        row.max = most;
    }
    const __m256 shift = _mm256_set1_ps(row.max);
    __m256 total = _mm256_setzero_ps();
    for (int c = 0; c < kBlock; c += kLane) {
        const __m256 p = exp(_mm256_sub_ps(load(scores + c), shift));
        _mm256_storeu_ps(scores + c, p);
        total = _mm256_add_ps(total, p);
    }
    row.total += sum(total);
}

template <int R, typename T> INLINE void block(Row ** rows, const T ** keys, const T ** values, int cells, int key_head, int value_head) {
    alignas(32) float scores[R * kBlock];
    constexpr int C = R > 2 ? 3 : 4;
    for (int i = 0; i < R * kBlock; i++) { scores[i] = -INFINITY; }
    int c = 0;
    for (; c + C <= cells; c += C) { dots<R, C>(rows, keys + c, scores + c, key_head); }
    for (int r = 0; r < R && c < kBlock; r++) { scores[r * kBlock + c] = -INFINITY; }
    for (; c < cells; c++) { dots<R, 1>(rows, keys + c, scores + c, key_head); }
    for (int r = 0; r < R; r++) { soften(*rows[r], scores + r * kBlock, value_head); }
    constexpr int V = R > 2 ? 2 : 4;
    int d = 0;
    for (; d + V * kLane <= value_head; d += V * kLane) { add<R, V>(rows, values, scores, cells, d); }
    for (; d < value_head; d += kLane) { add<R, 1>(rows, values, scores, cells, d); }
}

template <typename T> KERNEL void blocks(Row ** rows, int count, const T ** keys, const T ** values, int cells, int key_head, int value_head) {
    for (; count >= 4; count -= 4, rows += 4) { block<4>(rows, keys, values, cells, key_head, value_head); }
    switch (count) {
        case 3: block<3>(rows, keys, values, cells, key_head, value_head); break;
        case 2: block<2>(rows, keys, values, cells, key_head, value_head); break;
        case 1: block<1>(rows, keys, values, cells, key_head, value_head); break;
        default: break;
    }
}

INLINE void fetch(const char * at, int head) {
    for (int b = 0; b < head * (int) sizeof(ggml_fp16_t); b += 64) { _mm_prefetch(at + b, _MM_HINT_T0); }
}

KERNEL const float * widen(const ggml_fp16_t * from, float * to, int head) {
    for (int d = 0; d < head; d += kLane) { _mm256_storeu_ps(to + d, load(from + d)); }
    return to;
}

// ---- who sees which cells ------------------------------------------------------------------------------------------------------------------------

// Cells by the set of queries that see them.
struct Cells {
    int32_t * order;    // [n_kv] cells, set by set
    uint64_t * sets;    // [n_kv] each cell's set
    uint64_t * found;   // [groups] the sets
    int32_t * ends;     // [groups] where each set's cells end in order
    int32_t * group;    // [n_kv] each cell's group
    int groups;
};

// A mask's entries are 0 or -infinity where there is no ALiBi (fits() sees to that).
KERNEL void see(const char * mask, size_t row_bytes, int queries, int n_kv, Cells & cells) {
    if (!mask) {
        // A picture's patches, which all see each other.
        for (int i = 0; i < n_kv; i++) { cells.order[i] = i; }
        cells.groups = 1;
        cells.found[0] = queries == kMaxQueries ? ~0ull : (1ull << queries) - 1;
        cells.ends[0] = n_kv;
        return;
    }
    memset(cells.sets, 0, sizeof(uint64_t) * n_kv);
    for (int q = 0; q < queries; q++) {
        const uint16_t * m = (const uint16_t *) (mask + q * row_bytes);
        const uint64_t bit = 1ull << q;
        int i = 0;
        const __m256i hidden = _mm256_set1_epi16((short) 0xFC00);
        for (; i + 16 <= n_kv; i += 16) {
            const __m256i v = _mm256_loadu_si256((const __m256i *) (m + i));
            uint32_t away = (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi16(v, hidden));
            if (away == 0xFFFFFFFFu) { continue; }
            if (away == 0 && _mm256_testz_si256(v, v)) {
                for (int j = 0; j < 16; j++) { cells.sets[i + j] |= bit; }
                continue;
            }
            for (int j = 0; j < 16; j++) {
                if (m[i + j] != 0xFC00) { cells.sets[i + j] |= bit; }
            }
        }
        for (; i < n_kv; i++) {
            if (m[i] != 0xFC00) { cells.sets[i] |= bit; }
        }
    }
    // Neighbours mostly have the same set, or that of a few cells before: 64 sets are looked through from the latest, more make a new group each time.
    cells.groups = 0;
    int last = -1;
    for (int i = 0; i < n_kv; i++) {
        const uint64_t set = cells.sets[i];
        if (set == 0) {
            cells.group[i] = -1;
            continue;
        }
        if (last < 0 || cells.found[last] != set) {
            last = cells.groups - 1;
            for (int looked = 0; last >= 0 && looked < 64 && cells.found[last] != set; looked++) { last--; }
            if (last < 0 || cells.found[last] != set) {
                last = cells.groups++;
                cells.found[last] = set;
                cells.ends[last] = 0;
            }
        }
        cells.group[i] = last;
        cells.ends[last]++;
    }
    int start = 0;
    for (int g = 0; g < cells.groups; g++) {
        const int count = cells.ends[g];
        cells.ends[g] = start;
        start += count;
    }
    for (int i = 0; i < n_kv; i++) {
        if (cells.group[i] >= 0) { cells.order[cells.ends[cells.group[i]]++] = i; }
    }
}

// ---- the operation -------------------------------------------------------------------------------------------------------------------------------

template <typename T> T * take(char *& at, size_t count) {
    T * p = (T *) at;
    at += (count * sizeof(T) + 63) / 64 * 64;
    return p;
}

// How the work is cut: pieces of up to 64 queries and some of the KV heads. Few queries: neighbouring heads together, whose keys lie side by side in memory.
struct Cut {
    int pieces;  // of the queries
    int queries; // in each
    int heads;   // KV heads in each task
    int tasks;

    Cut(const ggml_tensor * op, int threads) {
        const int all = (int) op->src[0]->ne[1], kv_heads = (int) op->src[1]->ne[2], streams = (int) op->src[0]->ne[3];
        pieces = (all + kMaxQueries - 1) / kMaxQueries;
        queries = (all + pieces - 1) / pieces;
        heads = pieces > 1 ? 1 : (kv_heads * streams + threads - 1) / threads;
        heads = heads < kv_heads ? heads : kv_heads;
        tasks = pieces * streams * ((kv_heads + heads - 1) / heads);
    }

    size_t scratch(const ggml_tensor * op) const {
        const int64_t n_kv = op->src[1]->ne[1];
        const int64_t rows = (int64_t) heads * queries * (op->src[0]->ne[2] / op->src[1]->ne[2]);
        const int64_t head = op->src[1]->ne[0] + op->src[2]->ne[0];
        return n_kv * (sizeof(int32_t) * 3 + sizeof(uint64_t) * 2) + rows * (sizeof(float) * head + sizeof(Row) + sizeof(Row *))
            + kBlock * sizeof(float) * head + 16 * 64;
    }
};

// The cache is read in short pieces all over: with pages of 2 MB a tenth faster. Asked for once for each cache.
void use_huge_pages(const ggml_tensor * k) {
    static std::atomic<void *> asked[16];
    static std::atomic<unsigned> next{0};
    void * base = k->buffer ? ggml_backend_buffer_get_base(k->buffer) : nullptr;
    for (const auto & one : asked) {
        if (one.load(std::memory_order_relaxed) == base) { return; }
    }
    asked[next.fetch_add(1) % 16].store(base);
    const uintptr_t page = 1 << 21, first = ((uintptr_t) base + page - 1) / page * page;
    const uintptr_t last = ((uintptr_t) base + ggml_backend_buffer_get_size(k->buffer)) / page * page;
    if (first < last) {
        madvise((void *) first, last - first, MADV_HUGEPAGE);
        madvise((void *) first, last - first, 25 /* MADV_COLLAPSE, Linux 6.1 */);
    }
}

bool fits(const ggml_tensor * op) {
    const ggml_tensor * q = op->src[0];
    const ggml_tensor * k = op->src[1];
    const ggml_tensor * v = op->src[2];
    const ggml_tensor * mask = op->src[3];
    float max_bias, softcap;
    memcpy(&max_bias, (const float *) op->op_params + 1, sizeof(float));
    memcpy(&softcap, (const float *) op->op_params + 2, sizeof(float));
    return !op->src[4] && max_bias == 0 && softcap == 0
        && q->type == GGML_TYPE_F32 && k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16 && (!mask || (mask->type == GGML_TYPE_F16 && mask->ne[2] == 1))
        && q->nb[0] == sizeof(float) && k->nb[0] == sizeof(ggml_fp16_t) && v->nb[0] == sizeof(ggml_fp16_t) && op->nb[0] == sizeof(float)
        && q->ne[2] % k->ne[2] == 0 && k->ne[2] == v->ne[2] && q->ne[3] == k->ne[3] && q->ne[3] == v->ne[3]
        && k->ne[0] % kLane == 0 && v->ne[0] % kLane == 0 && k->ne[0] <= kMaxHead && v->ne[0] <= kMaxHead;
}

KERNEL bool attend(const ggml_compute_params * params, ggml_tensor * op) {
    const ggml_tensor * q = op->src[0];
    const ggml_tensor * k = op->src[1];
    const ggml_tensor * v = op->src[2];
    const ggml_tensor * mask = op->src[3];
    const int queries = (int) q->ne[1], key_head = (int) k->ne[0], value_head = (int) v->ne[0], n_kv = (int) k->ne[1];
    const int kv_heads = (int) k->ne[2], shared = (int) (q->ne[2] / k->ne[2]);
    const Cut cut(op, params->nth);
    const size_t scratch = cut.scratch(op);
    if (cut.tasks < params->nth || params->wsize < (scratch + 64) * params->nth) { return false; }
    if (params->ith == 0 && mask) { use_huge_pages(k); }

    float scale_by;
    memcpy(&scale_by, op->op_params, sizeof(float));
    char * at = (char *) params->wdata + params->ith * ((scratch + 63) / 64 * 64);
    Cells cells;
    cells.sets = take<uint64_t>(at, n_kv);
    cells.found = take<uint64_t>(at, n_kv);
    cells.order = take<int32_t>(at, n_kv);
    cells.ends = take<int32_t>(at, n_kv);
    cells.group = take<int32_t>(at, n_kv);
    float * data = take<float>(at, (size_t) cut.heads * cut.queries * shared * (key_head + value_head));
    float * wide = take<float>(at, (size_t) kBlock * (key_head + value_head));
    Row * rows = take<Row>(at, (size_t) cut.heads * cut.queries * shared);
    Row ** seeing = take<Row *>(at, (size_t) cut.queries * shared);

    const int groups_of_heads = (kv_heads + cut.heads - 1) / cut.heads;
    int looked_at = -1;
    for (int task = params->ith; task < cut.tasks; task += params->nth) {
        const int first_head = task % groups_of_heads * cut.heads;
        const int heads = kv_heads - first_head < cut.heads ? kv_heads - first_head : cut.heads;
        const int which = task / groups_of_heads, stream = which / cut.pieces, first_query = which % cut.pieces * cut.queries;
        const int asking = queries - first_query < cut.queries ? queries - first_query : cut.queries;
        const int count = asking * shared;
        if (looked_at != which) {
            // Each thread for itself.
            const char * from = mask ? (const char *) mask->data + first_query * mask->nb[1] + (stream % mask->ne[3]) * mask->nb[3] : nullptr;
            see(from, mask ? mask->nb[1] : 0, asking, n_kv, cells);
            looked_at = which;
        }
        for (int i = 0; i < heads * count; i++) {
            const int query = first_query + i % count / shared, head = (first_head + i / count) * shared + i % count % shared;
            const float * from = (const float *) ((const char *) q->data + query * q->nb[1] + head * q->nb[2] + stream * q->nb[3]);
            float * own = data + (size_t) i * (key_head + value_head);
            rows[i] = { own, own + key_head, -INFINITY, 0 };
            for (int d = 0; d < key_head; d++) { own[d] = from[d] * scale_by; }
            memset(own + key_head, 0, sizeof(float) * value_head);
        }
        const char * keys_at = (const char *) k->data + first_head * k->nb[2] + stream * k->nb[3];
        const char * values_at = (const char *) v->data + first_head * v->nb[2] + stream * v->nb[3];
        for (int g = 0, first = 0; g < cells.groups; first = cells.ends[g++]) {
            for (int start = first; start < cells.ends[g]; start += kBlock) {
                const int here = cells.ends[g] - start < kBlock ? cells.ends[g] - start : kBlock;
                for (int h = 0; h < heads; h++) {
                    // What the next block needs, as it lies in memory.
                    for (int c = start + kBlock + kBlock * h / heads; c < start + kBlock + kBlock * (h + 1) / heads && c < cells.ends[g]; c++) {
                        fetch(keys_at + cells.order[c] * k->nb[1], heads * key_head);
                        fetch(values_at + cells.order[c] * v->nb[1], heads * value_head);
                    }
                    int seen_by = 0;
                    for (uint64_t set = cells.found[g]; set; set &= set - 1) {
                        Row * row = rows + h * count + __builtin_ctzll(set) * shared;
                        for (int i = 0; i < shared; i++) { seeing[seen_by++] = row + i; }
                    }
                    const ggml_fp16_t * key[kBlock];
                    const ggml_fp16_t * value[kBlock];
                    for (int c = 0; c < here; c++) {
                        key[c] = (const ggml_fp16_t *) (keys_at + cells.order[start + c] * k->nb[1] + h * k->nb[2]);
                        value[c] = (const ggml_fp16_t *) (values_at + cells.order[start + c] * v->nb[1] + h * v->nb[2]);
                    }
                    if (seen_by <= 4) {
                        blocks(seeing, seen_by, key, value, here, key_head, value_head);
                        continue;
                    }
                    const float * wide_key[kBlock];
                    const float * wide_value[kBlock];
                    for (int c = 0; c < here; c++) {
                        wide_key[c] = widen(key[c], wide + (size_t) c * key_head, key_head);
                        wide_value[c] = widen(value[c], wide + (size_t) kBlock * key_head + (size_t) c * value_head, value_head);
                    }
                    blocks(seeing, seen_by, wide_key, wide_value, here, key_head, value_head);
                }
            }
        }
        for (int i = 0; i < heads * count; i++) {
            const int query = first_query + i % count / shared, head = (first_head + i / count) * shared + i % count % shared;
            float * to = (float *) ((char *) op->data + head * op->nb[1] + query * op->nb[2] + stream * op->nb[3]);
            const float by = rows[i].total > 0 ? 1 / rows[i].total : 0;
            for (int d = 0; d < value_head; d++) { to[d] = rows[i].o[d] * by; }
        }
    }
    return true;
}

struct Attention : ggml::cpu::tensor_traits {
    bool work_size(int n_threads, const ggml_tensor * op, size_t & size) override {
        // Not less than what ggml's own kernel may ask for, which takes over where this one gives up (ggml-cpu.c, ggml_graph_plan).
        const size_t tile = 64, key = op->src[1]->ne[0], value = op->src[2]->ne[0], heads = op->src[0]->ne[2], threads = n_threads;
        const size_t prefill = sizeof(float) * (tile * key + 2 * tile * tile + tile * value + tile * value + tile * key) * threads;
        const size_t decode = sizeof(float) * (heads * threads * (2 + value) + threads * (key + 2 * value));
        const size_t own = (Cut(op, n_threads).scratch(op) + 64) * threads;
        size = own > prefill ? own : prefill;
        size = size > decode ? size : decode;
        return true;
    }

    bool compute_forward(ggml_compute_params * params, ggml_tensor * op) override { return attend(params, op); }
};

// Stands before the one that was there, which still answers for its own operations.
struct Front : ggml::cpu::extra_buffer_type {
    ggml::cpu::extra_buffer_type * behind;
    Attention attention;

    explicit Front(ggml::cpu::extra_buffer_type * behind) : behind(behind) {}

    bool supports_op(ggml_backend_dev_t dev, const ggml_tensor * op) override { return behind->supports_op(dev, op); }

    ggml::cpu::tensor_traits * get_tensor_traits(const ggml_tensor * op) override {
        return op->op == GGML_OP_FLASH_ATTN_EXT && fits(op) ? &attention : behind->get_tensor_traits(op);
    }
};

} // namespace

// Puts the kernel in place, once a process and before any model is loaded. Returns 1 where it is, 0 where this processor or this build of ggml has no place for it.
extern "C" __attribute__((visibility("default"))) int captioner_attention_install(void) {
    static int installed = -1;
    if (installed >= 0) { return installed; }
    installed = 0;
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (!cpu || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) { return 0; }
    auto extras = (ggml_backend_dev_get_extra_bufts_t) ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu), "ggml_backend_dev_get_extra_bufts");
    ggml_backend_buffer_type_t * types = extras ? extras(cpu) : nullptr;
    for (; types && *types; types++) {
        if ((*types)->context) {
            (*types)->context = new Front((ggml::cpu::extra_buffer_type *) (*types)->context);
            return installed = 1;
        }
    }
    return 0;
}
