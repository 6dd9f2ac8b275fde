using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Remote;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary><c>captioner ask</c> as a user runs it.</summary>
public sealed class AskTests(AzuriteFixture files)
{
    [Fact]
    public async Task Ask_BundledModel_AnswersInsideTheLimitAndSaysThatItIsOfLittleUse()
    {
        var folder = Pictures(2);
        var result = await CaptionerProcess.RunAsync(folder, "ask", "--max-characters", "40", "--temperature", "0", "--json", "0.jpg", "1.jpg", "What is this?");
        Assert.True(result.ExitCode == 0, result.Errors);
        var answer = Assert.Single(result.Json);
        Assert.InRange(answer.GetProperty("answer").GetString()!.Length, 0, 40);
        Assert.Equal(["0.jpg", "1.jpg"], answer.GetProperty("files").EnumerateArray().Select(f => f.GetString()));
        Assert.True(answer.GetProperty("usage").GetProperty("imageTokens").GetInt32() > 0);
        Assert.True(answer.GetProperty("usage").GetProperty("outputTokens").GetInt32() > 0);
        Assert.Contains("bundled sample model", result.Errors, StringComparison.Ordinal);

        var again = await CaptionerProcess.RunAsync(folder, "ask", "--max-characters", "40", "--temperature", "0", "0.jpg", "1.jpg", "What is this?");
        Assert.Equal(answer.GetProperty("answer").GetString(), again.Text);
    }

    [Fact]
    public async Task Ask_ServerAndTwoPicturesInChinese_SendsBothWithTheQuestionAndPrintsTheAnswerAlone()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Answer("""{"answer":"不是，**一个**是红色的，另一个是蓝色的。"}""");
        const string Question = "这两张图片是同一件商品吗？";
        var result = await CaptionerProcess.RunAsync(Pictures(2), "ask", "--server", server.Address.ToString(), "--server-model", "stub", "0.jpg", "1.jpg", Question);
        Assert.True(result.ExitCode == 0, result.Errors);
        Assert.Equal(["不是，一个是红色的，另一个是蓝色的。"], result.Output);
        Assert.DoesNotContain("bundled", result.Errors, StringComparison.Ordinal);
        var parts = server.Requests.Single().GetProperty("messages").EnumerateArray().Last().GetProperty("content");
        Assert.Equal(2, parts.EnumerateArray().Count(p => p.GetProperty("type").GetString() == "image_url"));
        Assert.Contains(Question, parts[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains("language of the question", parts[0].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_ServerRepeatsItself_AnswerEndsBeforeTheRepetitionAndSaysSo()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Answer("""{"answer":"It has a clay handle. It has a clay handle. It has a clay handle."}""");
        var result = await CaptionerProcess.RunAsync(
            Pictures(1), "ask", "--json", "--server", server.Address.ToString(), "--server-model", "stub", "0.jpg", "What is the handle made of?");
        Assert.Equal("It has a clay handle.", Assert.Single(result.Json).GetProperty("answer").GetString());
        Assert.Equal(["loop"], result.Json[0].GetProperty("flags").EnumerateArray().Select(f => f.GetString()));
    }

    [Theory]
    [InlineData("0.jpg nowhere.jpg", "nowhere.jpg", "file-unreadable")]
    [InlineData("text.jpg 0.jpg", "text.jpg", "")]
    public async Task Ask_AFileIsNoPicture_NamesItAsksNobodyAndReturnsOne(string names, string bad, string code)
    {
        await using var server = await StubServer.StartAsync();
        var folder = Pictures(1);
        PictureFiles.Write(folder, "text.jpg", "no picture"u8.ToArray());
        var result = await CaptionerProcess.RunAsync(
            folder, ["ask", "--json", "--server", server.Address.ToString(), "--server-model", "stub", .. names.Split(' '), "What is it?"]);
        Assert.Equal(1, result.ExitCode);
        var error = Assert.Single(Assert.Single(result.Json).GetProperty("errors").EnumerateObject());
        Assert.Equal(bad, error.Name);
        Assert.True(code.Length == 0 || error.Value.GetProperty("code").GetString() == code);
        Assert.Contains($"{bad}: ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Ask_ServerCanNotAnswer_SaysWhyAndReturnsOne()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Answer("no JSON");
        var result = await CaptionerProcess.RunAsync(Pictures(1), "ask", "--server", server.Address.ToString(), "--server-model", "stub", "0.jpg", "What is it?");
        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("could not be used", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("question is missing", "What is it?")]
    [InlineData("question is missing", "0.jpg", "0.jpg")]
    [InlineData("is empty", "0.jpg", "  ")]
    [InlineData("at most 4", "a", "b", "c", "d", "e", "What is it?")]
    [InlineData("1 to 10000", "--max-characters", "0", "0.jpg", "What is it?")]
    [InlineData("0 to 2", "--temperature", "3", "0.jpg", "What is it?")]
    [InlineData("--temperature", "--temperature", "hot", "0.jpg", "What is it?")]
    public async Task Ask_BadUse_SaysWhatIsWrongAndReturnsTwo(string word, params string[] arguments)
    {
        var result = await CaptionerProcess.RunAsync(Pictures(1), ["ask", .. arguments]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(word, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Describe_Views_MakesOneRecordThatNamesThemAll()
    {
        await using var server = await StubServer.StartAsync();
        var folder = Pictures(3);
        string[] options = ["--profile", "sample", "--json", "--server", server.Address.ToString(), "--server-model", "stub"];
        var result = await CaptionerProcess.RunAsync(folder, ["describe", "--views", .. options, "1.jpg", "0.jpg", "2.jpg"]);
        Assert.True(result.ExitCode == 0, result.Errors);
        var record = Assert.Single(result.Json);
        Assert.Equal("1.jpg", record.GetProperty("image").GetProperty("name").GetString());
        Assert.Equal(["1.jpg", "0.jpg", "2.jpg"], record.GetProperty("product").GetProperty("views").EnumerateArray().Select(v => v.GetString()));
        Assert.Equal(3, server.Requests.Single().GetRawText().Split("\"image_url\":").Length - 1);

        var many = await CaptionerProcess.RunAsync(folder, ["describe", "--views", .. options, "0.jpg", "1.jpg", "2.jpg", "0.jpg", "1.jpg"]);
        Assert.Equal(2, many.ExitCode);
        Assert.Contains("at most 4", many.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_OfAsk_ShowsOptionsExamplesAndWhatTheBundledModelIsWorth()
    {
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), "ask", "--help");
        Assert.Equal(0, result.ExitCode);
        Assert.All(
            (string[])["QUESTION", "--max-characters", "--temperature", "--server", "--json", "Examples:", "captioner ask", "Exit codes:", "bundled sample model"],
            word => Assert.Contains(word, result.Text, StringComparison.Ordinal));
    }

    private string Pictures(int count)
    {
        var folder = files.CreateFolder();
        for (var i = 0; i < count; i++)
        {
            PictureFiles.Write(folder, $"{i}.jpg", PictureFiles.Jpeg(i));
        }

        return folder;
    }
}
