using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BlobCaptioner.Engine.Attention;

/// <summary>256 bits: AVX2 and FMA.</summary>
/// <remarks>
/// .NET 10 has no intrinsic for the processor's own conversion of halves (F16C). A shift moves exponent and fraction to a float's place, and a product with 2^112 mends the
/// exponent's offset, exactly, also for halves below the normal range.
/// </remarks>
internal readonly unsafe struct Avx2Simd : ISimd<Vector256<float>>
{
    /// <summary>2^112: the difference of the offsets of a float's and a half's exponent.</summary>
    public const float HalfOffset = 5.192296858534828e33f;

    /// <summary>Sign, exponent and fraction of a half that was shifted to a float's place with its sign extended.</summary>
    public const int HalfBits = unchecked((int)0x8fffe000);

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static int Lanes => 8;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAddNegated(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAddNegated(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Avx.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> a) => Vector256.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> a) => Avx.RoundToNearestInteger(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> whole) => ((Avx.ConvertToVector256Int32(whole) + Vector256.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> a) => Vector256.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector256<float> a)
    {
        var half = Sse.Max(a.GetLower(), a.GetUpper());
        half = Sse.Max(half, Sse.MoveHighToLow(half, half));
        return Sse.MaxScalar(half, Sse3.MoveHighAndDuplicate(half)).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Masked(Vector256<float> bias, Vector256<float> score) =>
        Vector256.ConditionalSelect(Vector256.Equals(bias, Vector256.Create(float.NegativeInfinity)), bias, bias + score);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(ushort* from) =>
        ((Avx2.ConvertToVector256Int32((short*)from) << 13) & Vector256.Create(HalfBits)).AsSingle() * Vector256.Create(HalfOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WidenEight(ushort* from) => Widen(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadEights(nint* rows, nint offset) =>
        Avx.InsertVector128(Vector128.Load((float*)(rows[0] + offset)).ToVector256Unsafe(), Vector128.Load((float*)(rows[4] + offset)), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MaxHalves(Vector256<float> largest, Vector256<float> halves) =>
        Avx2.Max(largest.AsUInt16(), halves.AsUInt16() & Vector256.Create((ushort)0x7fff)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyNonFinite(Vector256<float> largest) => Vector256.GreaterThanAny(largest.AsUInt16(), Vector256.Create((ushort)0x7bff));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WidenEven(Vector256<float> halves) => WidenOdd((halves.AsInt32() << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WidenOdd(Vector256<float> halves) =>
        ((halves.AsInt32() >> 3) & Vector256.Create(HalfBits)).AsSingle() * Vector256.Create(HalfOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Low32(Vector256<float> a, Vector256<float> b) => Avx.UnpackLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> High32(Vector256<float> a, Vector256<float> b) => Avx.UnpackHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Low64(Vector256<float> a, Vector256<float> b) => Avx.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> High64(Vector256<float> a, Vector256<float> b) => Avx.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();
}
