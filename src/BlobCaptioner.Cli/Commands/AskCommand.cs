using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner ask</c>: a free question about pictures.</summary>
internal static class AskCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var words = new Argument<string[]>("FILE... QUESTION")
        {
            Description = $"1 to {CaptionRequest.MaxImages} pictures, then the question about them in quotes.",
            Arity = ArgumentArity.OneOrMore,
        };
        var most = NumberOption.Create("--max-characters", "Most characters of the answer, 1 to 10000.", value: 600, 1, 10_000);
        var temperature = new Option<float>("--temperature")
        {
            Description = "Freedom of the wording, 0 to 2. With 0 the same question gets the same answer.",
            HelpName = "N",
            DefaultValueFactory = _ => 0.7f,
        };
        var (engine, images, reports) = (new EngineArguments(), new ImageArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "ask",
            "Asks a model a question about one or several pictures. The answer goes to stdout, in the language of the question. " +
            "The bundled sample model only describes drawings like its own and can't answer: name another model with --model or --server.")
        {
            Examples =
            [
                ("captioner ask --model qwen3-vl-8b-q4_k_m mug.jpg \"What is the handle made of?\"", "One picture."),
                ("captioner ask --server http://127.0.0.1:8000 --server-model qwen3-vl front.jpg back.jpg \"这两张图片是同一件商品吗？\"", "Two, on a model server."),
            ],
        };
        command.AddAll(words, most, temperature, engine, images, reports);
        command.SetAction(async (parse, _) =>
        {
            var (files, question) = Split(parse.GetRequiredValue(words));
            var profile = Profile(question, parse.GetValue(most), parse.GetValue(temperature));
            var choice = engine.Read(parse) with { Slots = 1 };
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            if (choice is { Model: null, Server: null })
            {
                await Console.Error.WriteLineAsync("The bundled sample model only describes drawings and can't answer questions. Name another model with --model or --server.");
            }

            // the slot needs room for all pictures, the question and the answer
            var largest = profile with
            {
                ImageTokenBudget = profile.ImageTokenBudget * files.Length,
                Fields = [profile.Fields[0] with { MaxCharacters = profile.Fields[0].MaxCharacters + question.Length }],
            };
            await using var session = await EngineSession.LoadAsync(choice, largest, images.Read(parse), ErrorProgress.Instance, logging, signals.Stop);
            var result = await AskAsync(files, question, profile, session, signals.Stop);
            foreach (var (name, error) in result.Errors ?? new Dictionary<string, RecordError>(StringComparer.Ordinal))
            {
                await Console.Error.WriteLineAsync($"{(name.Length > 0 ? $"{name}: " : "")}{error.Message} {error.Remedy}");
            }

            if (reports.Json(parse))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CliJson.Lines.AskResult));
            }
            else if (result.Answer is { } answer)
            {
                await Console.Out.WriteLineAsync(answer);
            }

            return result.Answer is null ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static (string[] Files, string Question) Split(string[] words)
    {
        var (files, question) = (words[..^1], words[^1].Trim());
        return files.Length == 0 || File.Exists(words[^1])
            ? throw new UsageException($"The question is missing: the last argument is '{words[^1]}'. Write: captioner ask FILE... \"QUESTION\"")
            : question.Length == 0 ? throw new UsageException("The question (the last argument) is empty. Write: captioner ask FILE... \"QUESTION\"")
            : files.Length > CaptionRequest.MaxImages
                ? throw new UsageException($"There are {files.Length} pictures; a question can have at most {CaptionRequest.MaxImages}. Name fewer.")
                : (files, question);
    }

    private static Profile Profile(string question, int maxCharacters, float temperature)
    {
        try
        {
            return QuestionProfile.Create(question, maxCharacters, temperature);
        }
        catch (ArgumentOutOfRangeException ex)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--temperature is {temperature}; it must be 0 to 2."), ex);
        }
        catch (ArgumentException ex)
        {
            throw new UsageException($"The question is longer than {QuestionProfile.MaxQuestionCharacters} characters. Shorten it.", ex);
        }
    }

    private static async Task<AskResult> AskAsync(string[] files, string question, Profile profile, EngineSession session, CancellationToken cancellationToken)
    {
        var pictures = await Task.WhenAll(files.Select(f => FilePicture.ReadAsync(f, session.Preparer, profile.ImageTokenBudget, cancellationToken)));
        var result = new AskResult { Files = files, Question = question, Model = session.Model.Info };
        if (Array.Exists(pictures, p => p.Error is not null))
        {
            var failed = pictures.Where(p => p.Error is not null).DistinctBy(p => p.Path, StringComparer.Ordinal);
            return result with { Errors = failed.ToDictionary(p => p.Path, p => p.Error!, StringComparer.Ordinal) };
        }

        try
        {
            var began = TimeProvider.System.GetTimestamp();
            var request = new CaptionRequest { Images = [.. pictures.Select(p => new PreparedImage { Jpeg = p.Prepared!.Jpeg, Name = p.Path })], Profile = profile };
            var caption = await session.Model.DescribeAsync(request, cancellationToken);
            return result with
            {
                Answer = caption.Fields[0].Value,

                // an answer may repeat words of the question, which is part of the prompt
                Flags = [.. caption.Flags.Select(f => f[(QuestionProfile.Answer.Length + 1)..]).Where(f => f != "echo")],
                Usage = caption.Usage,
                TotalMs = (long)TimeProvider.System.GetElapsedTime(began).TotalMilliseconds,
            };
        }
        catch (CaptionException ex)
        {
            return result with { Errors = new Dictionary<string, RecordError>(StringComparer.Ordinal) { [""] = new(ex.Code, ex.Message, ex.Remedy) } };
        }
    }
}

/// <summary>The result of <c>captioner ask --json</c>. Times are in milliseconds.</summary>
public sealed record AskResult
{
    /// <summary>The files, in the order given.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The question.</summary>
    public required string Question { get; init; }

    /// <summary>The answer; omitted if there is none.</summary>
    public string? Answer { get; init; }

    /// <summary>Flags of the answer: <c>cut</c>, <c>loop</c>, <c>empty</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Why there is no answer, by file; an error of the model has an empty name. Omitted if there is an answer.</summary>
    public IReadOnlyDictionary<string, RecordError>? Errors { get; init; }

    /// <summary>The model.</summary>
    public required CaptionModelInfo Model { get; init; }

    /// <summary>Tokens, cost and times of each part; omitted if the model was not asked.</summary>
    public CaptionUsage? Usage { get; init; }

    /// <summary>Time from the question to the answer.</summary>
    public long TotalMs { get; init; }
}
