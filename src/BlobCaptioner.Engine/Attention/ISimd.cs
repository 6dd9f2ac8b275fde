namespace BlobCaptioner.Engine.Attention;

/// <summary>What the kernel needs of a vector unit. Each width is a struct, so that the compiler makes code of its own for it and inlines every call.</summary>
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

    /// <summary>The larger one; <paramref name="b"/> where one is no number.</summary>
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
