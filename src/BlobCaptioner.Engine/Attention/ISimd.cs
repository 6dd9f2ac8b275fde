using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BlobCaptioner.Engine.Attention;

/// <summary>The vector operations that the kernel uses. Each width is a struct, so that the compiler specialises the kernel for it and inlines every call.</summary>
/// <typeparam name="TVector">A register of floats. Where a method says "halves", the same bits are twice as many of them.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats in a register.</summary>
    static abstract int Lanes { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(float* from);

    static abstract void Store(TVector value, float* to);

    static abstract TVector Create(float value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>c - a * b, rounded once.</summary>
    static abstract TVector MultiplyAddNegated(TVector a, TVector b, TVector c);

    /// <summary>The larger one; <paramref name="b"/> where one is not a number.</summary>
    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Abs(TVector a);

    static abstract TVector Round(TVector a);

    /// <summary>2 to the power of whole numbers from -127, which gives 0, to 127.</summary>
    static abstract TVector PowerOfTwo(TVector whole);

    static abstract float Sum(TVector a);

    static abstract float Largest(TVector a);

    /// <summary><paramref name="bias"/> where it is -infinity, else the sum.</summary>
    static abstract TVector Masked(TVector bias, TVector score);

    /// <summary>As many halves as a register has floats, widened. An infinity or a not-a-number becomes 65536 or more.</summary>
    static abstract TVector Widen(ushort* from);

    /// <summary>Eight halves, widened; the register's rest is 0.</summary>
    static abstract TVector WidenEight(ushort* from);

    /// <summary>Eight halves of each of <see cref="Lanes"/> / 4 rows: the first of <paramref name="rows"/> and every fourth after it.</summary>
    static abstract TVector LoadEights(nint* rows, nint offset);

    /// <summary>The larger of each half's magnitude and <paramref name="largest"/>.</summary>
    static abstract TVector MaxHalves(TVector largest, TVector halves);

    /// <summary>Whether <see cref="MaxHalves"/> met an infinity or a not-a-number.</summary>
    static abstract bool AnyNonFinite(TVector largest);

    /// <summary>The first of each pair of halves, widened as by <see cref="Widen"/>.</summary>
    static abstract TVector WidenEven(TVector halves);

    /// <summary>The second of each pair of halves, widened as by <see cref="Widen"/>.</summary>
    static abstract TVector WidenOdd(TVector halves);

    /// <summary>In each 128 bits: a0 b0 a1 b1 of 32-bit words.</summary>
    static abstract TVector Low32(TVector a, TVector b);

    /// <summary>In each 128 bits: a2 b2 a3 b3 of 32-bit words.</summary>
    static abstract TVector High32(TVector a, TVector b);

    /// <summary>In each 128 bits: a0 b0 of 64-bit words.</summary>
    static abstract TVector Low64(TVector a, TVector b);

    /// <summary>In each 128 bits: a1 b1 of 64-bit words.</summary>
    static abstract TVector High64(TVector a, TVector b);
}

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
