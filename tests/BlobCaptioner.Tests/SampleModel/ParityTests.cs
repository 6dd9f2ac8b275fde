using Xunit;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>The bundled pair in llama.cpp against the model as it was trained.</summary>
public sealed class ParityTests
{
    [Theory]
    [InlineData("default-en")]
    [InlineData("default-de")]
    [InlineData("default-zh")]
    [InlineData("sample-en")]
    public async Task Describe_StoredPictures_AnswersAsTheTrainerDid(string set)
    {
        var answers = await ParityAnswers.ReadAsync(set);
        await using var model = ParityAnswers.Load();

        var captions = await Task.WhenAll(answers.Pictures.Select(async p => (Expected: p, Found: await answers.DescribeAsync(model, await answers.ReadFileAsync(p)))));

        var differences = captions.SelectMany(c => ParityAnswers.Differences(c.Expected, c.Found)).ToList();
        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.All(captions, c => Assert.Equal(c.Expected.Fields.Count, c.Found.Fields.Count));

        // else there was little to compare
        Assert.InRange(answers.Pictures.Count(p => p.Margin >= ParityAnswers.ClearMargin), answers.Pictures.Count * 3 / 4, answers.Pictures.Count);
        Assert.InRange(answers.Pictures.Count, 8, 1000);
    }
}
