using System.Text.Json;
using BlobCaptioner.Records;
using BlobCaptioner.Web.Records;
using Xunit;

namespace BlobCaptioner.Tests.Web;

public sealed class ReviewEditorTests
{
    private static readonly DateTimeOffset s_at = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Edit_SignsEachValueAndIsReadBack()
    {
        var review = ReviewEditor.Edit(null, [new("en", "title", "A mug"), new(null, "color", new CopyValue(["Red", "Blue"]))], "Ana", s_at);
        var read = RecordReview.Read(review);
        Assert.Equal("A mug", read.Edits.Copy["en"]["title"].ToString());
        Assert.Equal(["Red", "Blue"], read.Edits.Attributes["color"].Items);
        Assert.Equal(("Ana", s_at), (read.By, read.At));
        Assert.Equal("Ana", review.GetProperty("edited").GetProperty("copy/en/title").GetProperty("by").GetString());
    }

    [Fact]
    public void Undo_EditThenDecision_TakesStepByStepBack()
    {
        JsonElement? review = ReviewEditor.Edit(null, [new("en", "title", "One")], "Ana", s_at);
        review = ReviewEditor.Edit(review, [new("en", "title", "Two")], "Bo", s_at);
        review = ReviewEditor.Decide(review, RecordReview.Approved, "Bo", s_at);
        Assert.Equal(3, ReviewEditor.Steps(review));

        review = ReviewEditor.Undo(review, "Cy", s_at);
        Assert.Equal((null, "Two"), (RecordReview.Read(review).State, Title(review)));
        review = ReviewEditor.Undo(review, "Cy", s_at);
        Assert.Equal("One", Title(review));
        Assert.Equal("Ana", review!.Value.GetProperty("edited").GetProperty("copy/en/title").GetProperty("by").GetString());
        review = ReviewEditor.Undo(review, "Cy", s_at);
        Assert.False(RecordReview.Read(review).HasEdits);
        Assert.Null(ReviewEditor.Undo(review, "Cy", s_at));
    }

    [Fact]
    public void Edit_Null_TakesWordsBackAndLeavesNoShell()
    {
        var review = ReviewEditor.Edit(ReviewEditor.Edit(null, [new("en", "title", "One")], "Ana", s_at), [new("en", "title", null)], "Ana", s_at);
        Assert.False(review.TryGetProperty("edits", out _));
        Assert.False(review.TryGetProperty("edited", out _));
    }

    [Fact]
    public void Decide_ForeignReview_KeepsWhatItDoesNotKnow()
    {
        using var foreign = JsonDocument.Parse("""{"approved":true,"ticket":"T-1","edits":{"copy":{"en":{"title":"Theirs"}}}}""");
        var review = ReviewEditor.Decide(foreign.RootElement, RecordReview.Rejected, null, s_at);
        Assert.Equal("T-1", review.GetProperty("ticket").GetString());
        Assert.Equal((RecordReview.Rejected, "Theirs"), (RecordReview.Read(review).State, Title(review)));
        Assert.Equal(RecordReview.Approved, RecordReview.Read(ReviewEditor.Undo(review, null, s_at)).State);
    }

    [Fact]
    public void Edit_ManySteps_KeepsTheLastOnes()
    {
        JsonElement? review = null;
        for (var i = 0; i < ReviewEditor.MaxSteps + 20; i++)
        {
            review = ReviewEditor.Edit(review, [new("en", "title", $"{i}")], "Ana", s_at);
        }

        Assert.Equal(ReviewEditor.MaxSteps, ReviewEditor.Steps(review));
    }

    private static string? Title(JsonElement? review) => RecordReview.Read(review).Edits.Copy.GetValueOrDefault("en")?.GetValueOrDefault("title")?.ToString();
}
