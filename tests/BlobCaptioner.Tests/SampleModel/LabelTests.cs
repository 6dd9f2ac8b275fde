using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Labels;
using Xunit;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>The products that the sample model learns to tell apart, and those that are never trained.</summary>
public sealed class LabelTests
{
    [Fact]
    public void Subjects_AllOfThem_Are960DifferentOnes()
    {
        Assert.Equal(960, DrawnLabels.Subjects.Count);
        Assert.Equal(960, DrawnLabels.Subjects.Distinct().Count());
        Assert.Equal(960, DrawnLabels.Subjects.Select(s => (KindFacts.CategoryOf(s.Kind), s.Color, s.Pattern, s.Material)).Distinct().Count());
    }

    [Fact]
    public void IsHeldOut_AllSubjects_IsATenthOfEachKindPatternAndMaterial()
    {
        var heldOut = DrawnLabels.Subjects.Where(s => s.IsHeldOut).ToList();
        Assert.Equal(96, heldOut.Count);
        Assert.All(DrawnLabels.Subjects.GroupBy(s => (s.Kind, s.Pattern, s.Material)), g => Assert.Single(g, s => s.IsHeldOut));
        Assert.All(Enum.GetValues<ProductColor>(), c => Assert.InRange(heldOut.Count(s => s.Color == c), 9, 10));
    }

    [Fact]
    public void IsHeldOut_AnyTwoPropertiesTogether_AreTrained()
    {
        var trained = DrawnLabels.Subjects.Where(s => !s.IsHeldOut).ToList();
        AssertCovers(s => (s.Kind, s.Color));
        AssertCovers(s => (s.Kind, s.Pattern));
        AssertCovers(s => (s.Kind, s.Material));
        AssertCovers(s => (s.Color, s.Pattern));
        AssertCovers(s => (s.Color, s.Material));
        AssertCovers(s => (s.Pattern, s.Material));

        void AssertCovers<T>(Func<Subject, T> pair) => Assert.Empty(DrawnLabels.Subjects.Select(pair).Except(trained.Select(pair)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Draw_Subjects_AreHeldOutOnlyWhereAskedFor(bool heldOut)
    {
        var random = new Random(1);
        var drawn = Enumerable.Range(0, 3_000).Select(_ => Subject.Draw(random, heldOut)).ToHashSet();
        Assert.All(drawn, s => Assert.Equal(heldOut, s.IsHeldOut));
        Assert.Equal(12, drawn.Select(s => s.Kind).Distinct().Count());
        Assert.Equal(10, drawn.Select(s => s.Color).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomOf_PicturesOfASeed_ShowEachKindAsOften(int seed)
    {
        var drawn = Enumerable.Range(0, 6_000).Select(i =>
        {
            var random = PictureFiles.RandomOf(seed, i);
            var size = PictureFiles.DrawSize(random);
            return (Size: size, Subject: Subject.Draw(random, heldOut: false));
        }).ToList();

        // 500 of each, give or take four standard deviations
        Assert.All(drawn.GroupBy(d => d.Subject.Kind), g => Assert.InRange(g.Count(), 415, 585));
        Assert.All(drawn.GroupBy(d => d.Subject.Color), g => Assert.InRange(g.Count(), 505, 695));

        Assert.Equal((12, 10), (drawn.Select(d => d.Subject.Kind).Distinct().Count(), drawn.Select(d => d.Subject.Color).Distinct().Count()));

        // a size goes with no kind
        Assert.All(drawn.Where(d => d.Size == (128, 128)).GroupBy(d => d.Subject.Kind), g => Assert.InRange(g.Count(), 45, 120));
    }
}
