using System.Runtime.Intrinsics;
using BlobCaptioner.Engine.Attention;
using Xunit;

namespace BlobCaptioner.Tests.Engine.Attention;

public sealed class RunningSoftmaxTests
{
    [Fact]
    public void Exp_UpToZero_IsWithinTwoUnitsInTheLastPlace()
    {
        Assert.SkipUnless(Avx2Simd.IsSupported, "this processor has no AVX2");
        for (var x = -87.3f; x <= 0; x += 0.0037f)
        {
            var y = RunningSoftmax<Avx2Simd, Vector256<float>>.Exp(Vector256.Create(x)).ToScalar();
            AssertClose(x, y);
            if (Avx512Simd.IsSupported)
            {
                Assert.Equal(y, RunningSoftmax<Avx512Simd, Vector512<float>>.Exp(Vector512.Create(x)).ToScalar());
            }
        }

        AssertClose(0, RunningSoftmax<Avx2Simd, Vector256<float>>.Exp(Vector256<float>.Zero).ToScalar());
    }

    [Theory]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(-88f, 0)]
    [InlineData(-1e30f, 0)]
    [InlineData(float.NaN, float.NaN)]
    public void Exp_BeyondFloats_IsZeroOrNotANumber(float x, float expected)
    {
        Assert.SkipUnless(Avx2Simd.IsSupported, "this processor has no AVX2");

        Assert.Equal(expected, RunningSoftmax<Avx2Simd, Vector256<float>>.Exp(Vector256.Create(x)).ToScalar());
    }

    private static void AssertClose(float x, float y)
    {
        var exact = Math.Exp(x);
        Assert.True(Math.Abs(y - exact) <= 2 * MathF.BitIncrement((float)exact) - (2 * (float)exact) + 1e-45, $"e^{x} is {exact} and not {y}");
    }
}
