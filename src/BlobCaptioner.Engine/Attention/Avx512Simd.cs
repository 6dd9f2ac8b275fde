using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BlobCaptioner.Engine.Attention;

/// <summary>512 bits: AVX-512 with its F, BW and DQ parts. Halves are widened as in <see cref="Avx2Simd"/>.</summary>
internal readonly unsafe struct Avx512Simd : ISimd<Vector512<float>>
{
    /// <summary>False also on processors that slow down for 512 bits, where .NET says so.</summary>
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx2Simd.IsSupported;

    public static int Lanes => 16;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* from) => Vector512.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAddNegated(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAddNegated(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Avx512F.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> a) => Vector512.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> a) => Avx512F.RoundScale(a, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> whole) => ((Avx512F.ConvertToVector512Int32(whole) + Vector512.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> a) => Vector256.Sum(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> a) => Avx2Simd.Largest(Avx.Max(a.GetLower(), a.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Masked(Vector512<float> bias, Vector512<float> score) =>
        Vector512.ConditionalSelect(Vector512.Equals(bias, Vector512.Create(float.NegativeInfinity)), bias, bias + score);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(ushort* from) =>
        ((Avx512F.ConvertToVector512Int32(Vector256.Load((short*)from)) << 13) & Vector512.Create(Avx2Simd.HalfBits)).AsSingle() * Vector512.Create(Avx2Simd.HalfOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WidenEight(ushort* from) => Avx2Simd.Widen(from).ToVector512();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadEights(nint* rows, nint offset)
    {
        var value = Vector128.Load((float*)(rows[0] + offset)).ToVector256Unsafe().ToVector512Unsafe();
        value = Avx512F.InsertVector128(value, Vector128.Load((float*)(rows[4] + offset)), 1);
        value = Avx512F.InsertVector128(value, Vector128.Load((float*)(rows[8] + offset)), 2);
        return Avx512F.InsertVector128(value, Vector128.Load((float*)(rows[12] + offset)), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MaxHalves(Vector512<float> largest, Vector512<float> halves) =>
        Avx512BW.Max(largest.AsUInt16(), halves.AsUInt16() & Vector512.Create((ushort)0x7fff)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyNonFinite(Vector512<float> largest) => Vector512.GreaterThanAny(largest.AsUInt16(), Vector512.Create((ushort)0x7bff));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WidenEven(Vector512<float> halves) => WidenOdd((halves.AsInt32() << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WidenOdd(Vector512<float> halves) =>
        ((halves.AsInt32() >> 3) & Vector512.Create(Avx2Simd.HalfBits)).AsSingle() * Vector512.Create(Avx2Simd.HalfOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low32(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> High32(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low64(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> High64(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();
}
