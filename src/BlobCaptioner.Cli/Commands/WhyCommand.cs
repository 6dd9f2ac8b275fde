using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner why</c>: the story of one picture.</summary>
internal static class WhyCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Name of a picture, of its record, or of a product record (SKU.product.json)." };
        var (store, profile, images, reports) = (new StoreArguments(), new ProfileArgument(), new ImageArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "why",
            "Tells what happened to one picture, and what happens next. Reads the picture, its ticket, its record and the queue, and changes nothing. "
            + "It compares the record as 'captioner sweep' with the same --profile does.")
        {
            Examples =
            [
                ("captioner why shoes/red.jpg", "When it was uploaded, sent, tried and described; whether the record is up to date, and because of what."),
                ("captioner why shoes/S-17.product.json --json", "For machines: name, isProduct, state, events (kind, at, text), differs, next, nextInSeconds."),
            ],
        };
        command.AddAll(name, profile, store, images, reports);
        command.SetAction(async (parse, _) =>
        {
            var basis = profile.Read(parse);
            using var preparer = new ImagePreparer(images.Read(parse));
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenExistingAsync(store.Read(parse), ErrorProgress.Instance, TimeProvider.System, signals.Stop);
            var story = await new StoryReader(new(opened.Storage, preparer)).ReadAsync(parse.GetRequiredValue(name), basis, signals.Stop);
            await reports.WriteAsync(parse, story, CliJson.Lines.PictureStory, Write);
            return story.State is StoryState.NotAPicture or StoryState.Gone or StoryState.Blocked or StoryState.Rejected or StoryState.Failed ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static void Write(PictureStory story)
    {
        Console.Out.WriteLine(story.Name);
        foreach (var step in story.Events)
        {
            Console.Out.WriteLine($"{step.At?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'"),-20}  {step.Text}");
        }

        Console.Out.WriteLine($"{"Next:",-20}  {story.Next}");
    }
}
