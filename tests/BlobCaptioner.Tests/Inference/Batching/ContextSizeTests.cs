using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Xunit;
using static BlobCaptioner.Tests.Inference.ScriptedEngine;

namespace BlobCaptioner.Tests.Inference.Batching;

public sealed class ContextSizeTests
{
    private static readonly BatcherOptions Batching = new();

    private static readonly Profile Listing = ProfileOf(
        Category with { IsAttribute = true },
        Title with { MaxCharacters = 150 },
        new() { Name = "description", Kind = FieldKind.Text, MaxCharacters = 5_000, AdvisedCharacters = 1_000 },
        new() { Name = "highlights", Kind = FieldKind.TextList, MinItems = 2, MaxItems = 6, MaxCharacters = 150, AdvisedCharacters = 80 });

    private static Profile ThreeLanguages => Listing with { Languages = [new("en"), new("de"), new("zh")] };

    [Fact]
    public void For_LongDescriptionInThreeLanguages_IsSizedByTheAdvisedLengthOfOne()
    {
        // Eight slots, each with a picture (576) and one language's texts of some 1,800 tokens; not 3 x 5,000 in each.
        Assert.InRange(ContextSize.For(ThreeLanguages, Batching), 8 * 1_500, 8 * 3_200);
        Assert.Equal(ContextSize.For(Listing, Batching), ContextSize.For(ThreeLanguages, Batching), tolerance: 1_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void For_ThreeLanguages_OneRequestOfFullLengthFits(int slots)
    {
        var cells = ContextSize.For(ThreeLanguages, new BatcherOptions { Slots = slots });

        // 5,000 characters are some 1,250 tokens in English and twice that in scripts of two characters a token.
        Assert.True(cells > 576 + (3 * 2_500), $"{cells}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void For_ReservationsOfAPlan_KeepEverySlotBusy(int slots)
    {
        var decoder = new ScriptedDecoder(Words);
        var plan = DecodingPlan.Compile(ThreeLanguages, decoder);
        var cells = ContextSize.For(ThreeLanguages, new BatcherOptions { Slots = slots }) - (2 * plan.PrefixTokens.Count);
        var pictures = cells / plan.CellsFor(ThreeLanguages.ImageTokenBudget);
        Assert.True(pictures * 3 >= slots && pictures >= 1, $"{pictures} pictures with three languages each in {slots} slots");
    }

    [Fact]
    public void For_Grouping_HasRoomForProductsWithAllTheirViews()
    {
        var single = ContextSize.For(Listing, Batching);
        var grouped = ContextSize.For(Listing with { Grouping = ProfileGrouping.Sku }, Batching);
        Assert.InRange(grouped - single, 3 * Listing.ImageTokenBudget, 8 * 3 * Listing.ImageTokenBudget);
    }

    [Fact]
    public void For_LongPrompt_CountsIt() =>
        Assert.True(ContextSize.For(Listing with { Instruction = new string('x', 30_000) }, Batching) - ContextSize.For(Listing, Batching) >= 2 * 9_000);
}
