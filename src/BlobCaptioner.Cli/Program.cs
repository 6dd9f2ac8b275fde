using BlobCaptioner.Cli.Commands;

return await CaptionerCommand.RunAsync(args);
