using System.Text;
using System.Text.Json;
using BlobCaptioner.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BlobCaptioner.Tests.Text;

public sealed class JsonStringStateTests
{
    [Theory]
    [InlineData("plain \\\" \\\\ \\/ \\b\\f\\n\\r\\t end", 21)]
    [InlineData("\\u00e9\\uD83D\\uDE00", 2)]
    [InlineData("é€😀", 3)]
    [InlineData("", 0)]
    public void Read_ValidBody_CountsCharactersAndCloses(string body, int characters)
    {
        var state = ReadAll(Encoding.UTF8.GetBytes(body), out var outcome);
        Assert.Equal(JsonStringState.Outcome.Open, outcome);
        Assert.Equal(characters, state.Characters);
        Assert.Equal(Encoding.UTF8.GetByteCount(body), state.CompleteBytes);
        Assert.Equal(JsonStringState.Outcome.Closed, state.Read((byte)'"'));
    }

    [Theory]
    [InlineData("a\n")]
    [InlineData("\\x")]
    [InlineData("\\u12g4")]
    [InlineData("\\uDC00")]
    [InlineData("\\uD800x")]
    [InlineData("\\uD800\\n")]
    [InlineData("\\uD800\\u0041")]
    [InlineData("\\uD800\\uE000")]
    [InlineData("\\uD800\"")]
    [InlineData("\\u00\"")]
    public void Read_BrokenBody_IsInvalid(string body)
    {
        ReadAll(Encoding.UTF8.GetBytes(body), out var outcome);
        Assert.Equal(JsonStringState.Outcome.Invalid, outcome);
    }

    [Theory]
    [InlineData("80")]
    [InlineData("C080")]
    [InlineData("E08080")]
    [InlineData("EDA080")]
    [InlineData("F4908080")]
    [InlineData("F08080")]
    [InlineData("C322")]
    [InlineData("FF")]
    public void Read_BytesThatAreNotUtf8_AreInvalid(string hex)
    {
        ReadAll(Convert.FromHexString(hex), out var outcome);
        Assert.Equal(JsonStringState.Outcome.Invalid, outcome);
    }

    [Fact]
    public void Read_CutAnywhere_CompleteBytesDecode()
    {
        var body = Encoding.UTF8.GetBytes("a\\u00e9\\uD83D\\uDE00é€😀\\n");
        for (var length = 0; length <= body.Length; length++)
        {
            var state = ReadAll(body.AsSpan(0, length), out _);
            var text = JsonSerializer.Deserialize<string>([(byte)'"', .. body.AsSpan(0, state.CompleteBytes), (byte)'"']);
            Assert.Equal(state.Characters, text!.EnumerateRunes().Count());
        }
    }

    [Fact]
    public void Read_AnyBytes_AgreesWithSystemTextJson()
    {
        // Bytes that make escapes, surrogates and multi-byte characters likely.
        var pieces = Gen.Elements("a", " ", "\\", "u", "D8", "dc", "00", "3D", "\\u", "\\uD83D", "\\uDE00", "é", "€", "😀", "\n", "/", "n").Select(Encoding.UTF8.GetBytes);
        var bytes = Gen.Choose(0, 255).Select(b => new[] { (byte)b });
        var bodies = Gen.Frequency((4, pieces), (1, bytes)).ListOf().Select(parts => parts.SelectMany(p => p).Where(b => b != '"').ToArray());
        Prop.ForAll(bodies.ToArbitrary(), body =>
        {
            var state = ReadAll(body, out var outcome);
            var isWhole = outcome == JsonStringState.Outcome.Open && state.CompleteBytes == body.Length;
            return isWhole == ParsesAsString(body);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static bool ParsesAsString(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<string>([(byte)'"', .. body, (byte)'"']) is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static JsonStringState ReadAll(ReadOnlySpan<byte> bytes, out JsonStringState.Outcome outcome)
    {
        var state = default(JsonStringState);
        outcome = JsonStringState.Outcome.Open;
        foreach (var value in bytes)
        {
            outcome = state.Read(value);
            if (outcome != JsonStringState.Outcome.Open)
            {
                break;
            }
        }

        return state;
    }
}
